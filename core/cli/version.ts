/** What this build is. The two names are put in by the build (`core/build/binary.mjs`); from source they are absent. */

import { ABI_VERSION } from "../../ffi/abi.ts";
import { EXIT } from "./exit.ts";

declare const HFTZ_VERSION: string | undefined;
declare const HFTZ_COMMIT: string | undefined;

export const version = typeof HFTZ_VERSION === "string" ? HFTZ_VERSION : "0.0.0-source";
export const commit = typeof HFTZ_COMMIT === "string" ? HFTZ_COMMIT : "source";

/**
 * Prints the version line and returns the exit code. Not through the output module: loading `node:fs` would be a quarter of the
 * start-up, and this call also leaves the descriptor blocking.
 */
export async function printVersion(): Promise<number> {
  try {
    await Bun.write(Bun.stdout, `hftz ${version} (commit ${commit}, Bun ${Bun.version}, ABI ${ABI_VERSION})\n`);
    return EXIT.done;
  } catch (cause) {
    const { failureOf, ReaderGone } = await import("./output.ts");
    const failure = failureOf(cause);
    if (!(failure instanceof ReaderGone)) (await import("./notes.ts")).sayError(failure.message);
    return failure.exit;
  }
}
