/** Ctrl-C: the first one asks the run to drain, the second one leaves at once. */

import { EXIT } from "../cli/exit.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Calls `drain` on the first signal. The returned function gives the signals back. */
export function onInterrupt(drain: () => void): () => void {
  let asked = false;
  const handler = (): void => {
    // Nothing can be pending in this process: everything is written with synchronous calls.
    if (asked) process.exit(EXIT.interrupted);
    asked = true;
    drain();
  };
  for (const signal of SIGNALS) process.on(signal, handler);
  return () => {
    for (const signal of SIGNALS) process.off(signal, handler);
  };
}
