/** Flags that a run would not look at: who typed one meant something by it. */

import { misuse } from "./failure.ts";
import { flagName } from "./flags.ts";

/**
 * Refuses the first of `keys` that is on the command line. What the environment or a file says for every run may not fit this one, and
 * stays.
 *
 * @throws Failure with exit code 2.
 */
export function refuseStray(typed: ReadonlySet<string>, keys: Iterable<string>, why: string): void {
  for (const key of keys) if (typed.has(key)) throw misuse(`--${flagName(key)} ${why}`);
}
