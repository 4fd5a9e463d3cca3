/** Ctrl-C: the first one asks the run to drain, the second one leaves at once. */

import { EXIT } from "../cli/exit.ts";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** What comes sooner is the same request: timeout(1), npm and a terminal's process group deliver one twice. */
const AGAIN_MS = 250;

/** Calls `drain` on the first signal. The returned function gives the signals back. */
export function onInterrupt(drain: () => void): () => void {
  let askedAt: number | undefined;
  const handler = (): void => {
    // Nothing can be pending in this process: everything is written with synchronous calls.
    if (askedAt === undefined) {
      askedAt = performance.now();
      drain();
    } else if (performance.now() - askedAt > AGAIN_MS) process.exit(EXIT.interrupted);
  };
  for (const signal of SIGNALS) process.on(signal, handler);
  return () => {
    for (const signal of SIGNALS) process.off(signal, handler);
  };
}
