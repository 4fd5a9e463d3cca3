/** The life of a native run as a command sees it: open, start, watch, stop, outcome, close. */

import { EXIT } from "../cli/exit.ts";
import { Failure } from "../cli/failure.ts";
import { writeErr } from "../cli/output.ts";
import { library, NativeError } from "../../ffi/library.ts";
import { type RunConfig, type RunOutcome, Session } from "../../ffi/session.ts";
import { onInterrupt } from "./interrupt.ts";
import { Progress, type ProgressStyle } from "./progress.ts";

/** Short at first, so that a short run does not wait for its watcher; a wake-up costs a long run nothing. */
const POLL_MS = [1, 1, 2, 3, 5, 8, 12, 20, 30, 50];
const POLL_SLOW_MS = 100;

/** @throws Failure when the machine cannot run it (3) or the configuration is refused (2). */
export async function driveRun(config: RunConfig, progressStyle: ProgressStyle): Promise<RunOutcome> {
  const session = open(config);
  const progress = new Progress(progressStyle);
  const release = onInterrupt(() => {
    session.stop();
    progress.end();
    if (progressStyle.mode !== "none") writeErr("stopping in order; press Ctrl-C again to leave at once\n");
  });
  try {
    session.start();
    const startedNs = Bun.nanoseconds();
    for (let round = 0; !session.finished(); round++) {
      await Bun.sleep(POLL_MS[round] ?? POLL_SLOW_MS);
      progress.update(Bun.nanoseconds() - startedNs, () => session.page.snapshot());
    }
    progress.end();
    return session.outcome();
  } finally {
    release();
    session.close();
  }
}

function open(config: RunConfig): Session {
  try {
    library();
  } catch (cause) {
    throw cause instanceof NativeError ? new Failure(cause.message, { exit: EXIT.unavailable }) : cause;
  }
  try {
    return Session.open(config);
  } catch (cause) {
    throw cause instanceof NativeError ? new Failure(cause.message, { exit: EXIT.usage }) : cause;
  }
}
