/** The life of a native run as a command sees it: open, start, watch, stop, outcome, close. */

import { EXIT } from "../cli/exit.ts";
import { Failure } from "../cli/failure.ts";
import { say } from "../cli/notes.ts";
import { library, NativeError } from "../../ffi/library.ts";
import type { RunPage } from "../../ffi/page.ts";
import { type RunConfig, type RunOutcome, Session } from "../../ffi/session.ts";
import { onInterrupt } from "./interrupt.ts";
import { doneShare, Progress, type ProgressStyle } from "./progress.ts";

/** The first seconds of a run are slept through inside the library: its end is seen at once, and Ctrl-C within a slice. */
const CLOSE = { forNs: 5e9, sliceMs: 20 } as const;

/**
 * Later, or when something else lives on this thread: a fiftieth of the time so far, within these bounds. The end is seen at most
 * 2 % late, and wake-ups cost nothing. Of a run that says how much it has left, half of that when it is less.
 */
const POLL_SHARE = 1 / 50;
const POLL_MS = { least: 1, most: 100 } as const;

/** @throws Failure when the machine cannot run it (3) or the configuration is refused (2). */
export async function driveRun(
  config: RunConfig,
  progressStyle: ProgressStyle,
  watch?: (page: RunPage) => void,
): Promise<RunOutcome> {
  const session = open(config);
  const progress = new Progress(progressStyle);
  const release = onInterrupt(() => {
    session.stop();
    progress.end();
    if (progressStyle.mode !== "none") say("stopping in order; press Ctrl-C again to leave at once");
  });
  try {
    session.start();
    watch?.(session.page);
    const startedNs = Bun.nanoseconds();
    let elapsedNs = 0;
    while (!session.finished()) {
      const isClose = watch === undefined && elapsedNs < CLOSE.forNs;
      if (isClose) session.wait(CLOSE.sliceMs);
      await Bun.sleep(isClose ? 0 : pauseMs(elapsedNs, doneShare(session.page.snapshot())));
      elapsedNs = Bun.nanoseconds() - startedNs;
      progress.update(elapsedNs, () => session.page.snapshot());
    }
    progress.end();
    return session.outcome();
  } finally {
    release();
    session.close();
  }
}

/** How long to look away from a run that has taken so long and done this share of its work, if anybody knows. */
export function pauseMs(elapsedNs: number, share = 0): number {
  const leftNs = share > 0 ? (elapsedNs / share) * (1 - share) : Infinity;
  const pause = Math.min(elapsedNs * POLL_SHARE, leftNs / 2) / 1e6;
  return Math.min(POLL_MS.most, Math.max(POLL_MS.least, pause));
}

function open(config: RunConfig): Session {
  try {
    library();
  } catch (cause) {
    throw cause instanceof NativeError ? new Failure(oncePath(cause.message), { exit: EXIT.unavailable }) : cause;
  }
  try {
    return Session.open(config);
  } catch (cause) {
    throw cause instanceof NativeError ? new Failure(cause.message, { exit: EXIT.usage }) : cause;
  }
}

/** The loader of Bun and that of the system both name the file. */
function oncePath(message: string): string {
  return message.replace(/"([^"]+)": \1: /, "$1: ");
}
