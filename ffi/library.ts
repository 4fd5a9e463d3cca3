/** Loads the native library, once, and refuses one that was built from other sources. */

import { dlopen } from "bun:ffi";
import { ABI_VERSION, type Code, CODES, COUNTERS, EXPORTS, PAGE_BYTES, PAGE_MAGIC } from "./abi.ts";
import libraryPath from "../dist/libhftz.so" with { type: "file" };

/** A call into the native library that was refused, with the native side's own words. */
export class NativeError extends Error {
  override readonly name = "NativeError";

  constructor(
    readonly code: Code,
    message: string,
  ) {
    super(message);
  }
}

/** Where the native side put things in a run's page, byte offsets. */
export interface PageLayout {
  readonly pageBytes: number;
  readonly magic: number;
  readonly state: number;
  readonly stop: number;
  readonly counters: Readonly<Record<string, number>>;
}

type Symbols = ReturnType<typeof dlopen<typeof EXPORTS>>["symbols"];

export interface Library {
  readonly symbols: Symbols;
  readonly layout: PageLayout;
}

let loaded: Library | undefined;

/**
 * The library, opened and checked on first use.
 * @throws NativeError when it cannot be opened here or does not fit this program.
 */
export function library(): Library {
  return (loaded ??= load());
}

function load(): Library {
  let symbols: Symbols;
  try {
    ({ symbols } = dlopen(libraryPath, EXPORTS));
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new NativeError(
      "refused",
      `the native library cannot be loaded: ${why} (it is unpacked to TMPDIR, which must be writable and not mounted noexec)`,
    );
  }
  const version = symbols.hftz_abi_version();
  if (version !== ABI_VERSION) {
    throw new NativeError(
      "refused",
      `the native library speaks ABI ${version}, this program ${ABI_VERSION}: build again`,
    );
  }
  const text = readText((out, length) => symbols.hftz_layout(out, out.length, length), symbols);
  const layout = JSON.parse(text) as PageLayout;
  const names = Object.keys(layout.counters);
  if (layout.pageBytes !== PAGE_BYTES || layout.magic !== PAGE_MAGIC || names.join() !== COUNTERS.join()) {
    throw new NativeError("refused", "the native library lays out its page differently from this program: build again");
  }
  return { symbols, layout };
}

/** Turns a returned code into nothing or a {@link NativeError} with the native side's text. */
export function check(code: number, symbols: Symbols = library().symbols): void {
  if (code === 0) return;
  const buffer = new Uint8Array(1024);
  const length = symbols.hftz_last_error(buffer, buffer.length);
  throw new NativeError(CODES[code] ?? "refused", new TextDecoder().decode(buffer.subarray(0, length)));
}

/** Calls `read` with a buffer, and again with a larger one when the text did not fit. */
export function readText(
  read: (out: Uint8Array, length: Uint32Array) => number,
  symbols: Symbols = library().symbols,
): string {
  const length = new Uint32Array(1);
  let out = new Uint8Array(16_384);
  let code = read(out, length);
  if (CODES[code] === "size" && length[0]! > out.length) {
    out = new Uint8Array(length[0]!);
    code = read(out, length);
  }
  check(code, symbols);
  return new TextDecoder().decode(out.subarray(0, length[0]!));
}
