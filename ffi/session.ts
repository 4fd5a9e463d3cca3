/** One native run: open, start, watch, stop, outcome, close. */

import { check, library, NativeError, readText } from "./library.ts";
import { RunPage } from "./page.ts";

/** What a run is asked to do; the keys beside `run` are the kind's own (`ffi/engine/src`). */
export interface RunConfig {
  readonly run: string;
  readonly [key: string]: unknown;
}

/** How a run ended. `status` is the exit code of the command line; the figures stand in every case. */
export interface RunOutcome {
  readonly status: number;
  readonly error: string | null;
  readonly hint: string | null;
  readonly result: Readonly<Record<string, unknown>>;
}

/** How far one {@link Session.feed} came, in bytes. */
export interface Transfer {
  readonly consumed: number;
  readonly written: number;
}

export class Session {
  readonly page: RunPage;
  readonly #run: number;
  #open = true;

  private constructor(run: number) {
    const { symbols, layout } = library();
    const address = symbols.hftz_page(run);
    // A bigint would be an address beyond 2^53, which Linux on x86-64 never gives to a process.
    if (typeof address !== "number") throw new NativeError("run", `the run ${run} has no page`);
    this.#run = run;
    this.page = new RunPage(address, layout);
  }

  /** @throws NativeError with the native side's words when the configuration is refused. */
  static open(config: RunConfig): Session {
    const bytes = new TextEncoder().encode(JSON.stringify(config));
    const run = new Uint32Array(1);
    check(library().symbols.hftz_open(bytes, bytes.length, run));
    return new Session(run[0]!);
  }

  start(): void {
    check(library().symbols.hftz_start(this.#run));
  }

  stop(): void {
    if (this.#open) this.page.requestStop();
  }

  /** Sleeps until the run has ended, at most so long. Nothing else happens on this thread meanwhile. */
  wait(milliseconds: number): void {
    check(library().symbols.hftz_wait(this.#run, milliseconds));
  }

  finished(): boolean {
    return this.page.state === "finished";
  }

  /**
   * Gives bytes to a run on memory and takes bytes from it: call again, with what was not consumed or with nothing, until
   * nothing more is written. {@link outcome} ends the stream.
   * @throws NativeError when the run has no memory source or the input breaks a rule.
   */
  feed(input: Uint8Array, output: Uint8Array): Transfer {
    const done = new Uint32Array(2);
    check(library().symbols.hftz_feed(this.#run, input, input.length, output, output.length, done));
    return { consumed: done[0]!, written: done[1]! };
  }

  /** The outcome of a finished run; ends a run on memory. */
  outcome(): RunOutcome {
    const { symbols } = library();
    return JSON.parse(readText((out, length) => symbols.hftz_result(this.#run, out, out.length, length))) as RunOutcome;
  }

  /** Frees the run; one that is still going is stopped first. The page is gone afterwards. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    check(library().symbols.hftz_close(this.#run));
  }

  [Symbol.dispose](): void {
    this.close();
  }
}
