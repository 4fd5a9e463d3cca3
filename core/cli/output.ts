/**
 * The only TypeScript that writes to stdout and stderr. `process.stdout`, `console.log` and `Bun.stdout` set O_NONBLOCK on
 * the shared descriptor, which a native thread and every other process of the pipeline would then see; `writeSync` does not.
 */

import { writeSync } from "node:fs";
import { EXIT } from "./exit.ts";
import { Failure } from "./failure.ts";

const STDOUT = 1;
const STDERR = 2;

/** The reader of stdout went away: nothing to say, exit code 141. */
export class ReaderGone extends Failure {
  constructor() {
    super("the reader of standard output went away", { exit: EXIT.brokenPipe });
  }
}

/** Writes data or a result to stdout. @throws Failure when it cannot be written, {@link ReaderGone} on a closed pipe. */
export function writeOut(text: string): void {
  try {
    writeAll(STDOUT, text);
  } catch (cause) {
    throw failureOf(cause);
  }
}

/** What a write to stdout that failed with `cause` is for the user. */
export function failureOf(cause: unknown): Failure {
  const code = codeOf(cause);
  if (code === "EPIPE") return new ReaderGone();
  return new Failure(`cannot write to standard output: ${code === undefined ? String(cause) : describe(code)}`);
}

/** Writes a diagnostic to stderr. A stderr that cannot be written is no reason to fail. */
export function writeErr(text: string): void {
  try {
    writeAll(STDERR, text);
  } catch {
    // There is nowhere left to say it.
  }
}

function writeAll(fd: number, text: string): void {
  const bytes = new TextEncoder().encode(text);
  let done = 0;
  while (done < bytes.length) {
    try {
      done += writeSync(fd, bytes, done, bytes.length - done);
    } catch (cause) {
      // Another process of the pipeline may have made the shared descriptor non-blocking.
      if (codeOf(cause) !== "EAGAIN") throw cause;
      Bun.sleepSync(1);
    }
  }
}

function codeOf(cause: unknown): string | undefined {
  return cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : undefined;
}

function describe(code: string): string {
  const known: Readonly<Record<string, string>> = {
    ENOSPC: "no space left on the device",
    EBADF: "it is closed",
    EIO: "input/output error",
    EFBIG: "the file would be too large",
    EDQUOT: "the disk quota is used up",
  };
  return known[code] ?? code;
}
