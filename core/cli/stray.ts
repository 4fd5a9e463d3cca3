/** Flags that a run does not look at: who typed one meant something by it, and the summary does not name them. */

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

/** What a run was set up with, without those of `keys`: a default or a setting for every run that this one does not look at. */
export function withoutStray(
  settings: Readonly<Record<string, unknown>>,
  keys: Iterable<string>,
): Readonly<Record<string, unknown>> {
  const stray = new Set([...keys].map(flagName));
  return Object.fromEntries(Object.entries(settings).filter(([name]) => !stray.has(name)));
}
