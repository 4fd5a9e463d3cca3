/** A run's live counters, read straight from native memory without a call. */

import { type Pointer, toArrayBuffer } from "bun:ffi";
import { COUNTERS, type CounterName, PAGE_BYTES, PAGE_MAGIC, RUN_STATES, type RunState } from "./abi.ts";
import { NativeError, type PageLayout } from "./library.ts";

export type Counters = Readonly<Record<CounterName, number>>;

/** View of one page. It must not be used after its run was closed. */
export class RunPage {
  readonly #words: Int32Array;
  readonly #counters: Float64Array;
  readonly #layout: PageLayout;

  constructor(address: Pointer, layout: PageLayout) {
    const memory = toArrayBuffer(address, 0, PAGE_BYTES);
    this.#words = new Int32Array(memory);
    this.#counters = new Float64Array(memory);
    this.#layout = layout;
    if (this.#words[0] !== PAGE_MAGIC) throw new NativeError("refused", "the native library gave no valid page");
  }

  get state(): RunState {
    // Atomics, because the compiler hoists plain reads of a view out of a loop.
    return RUN_STATES[Atomics.load(this.#words, this.#layout.state / 4)] ?? "opened";
  }

  /** Asks the run to end in order, also from a signal handler: it is one store. */
  requestStop(): void {
    Atomics.store(this.#words, this.#layout.stop / 4, 1);
  }

  counter(name: CounterName): number {
    return this.#counters[this.#layout.counters[name]! / 8]!;
  }

  /** All counters at about one moment. */
  snapshot(): Counters {
    return Object.fromEntries(COUNTERS.map((name) => [name, this.counter(name)])) as Counters;
  }
}
