/** The end of a run: the summary where it belongs, what went wrong, the exit code. */

import { EXIT } from "../cli/exit.ts";
import { sayError } from "../cli/notes.ts";
import { ReaderGone, writeErr, writeOut } from "../cli/output.ts";
import { isTerminal, palette, wantsColor } from "../cli/terminal.ts";
import { version } from "../cli/version.ts";
import { renderSummary, type SummaryStyle } from "../report/summary.ts";
import type { RunOutcome } from "../../ffi/session.ts";
import type { ProgressStyle } from "./progress.ts";

export interface Presentation {
  readonly command: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly json: boolean;
  readonly quiet: boolean;
  /** The run writes data to stdout: then the summary goes to stderr, also as JSON. */
  readonly dataOnStdout: boolean;
  /** A form of its own for this command's figures. */
  readonly render?: (result: Readonly<Record<string, unknown>>, style: SummaryStyle) => Promise<string>;
}

/** Stderr carries the JSON summary: then it carries nothing else, so that it can be parsed. */
function isJsonOnStderr({ json, dataOnStdout }: Presentation): boolean {
  return json && dataOnStdout;
}

/** No live line where it would fall between rows of data on the same terminal. */
export function progressFor(how: Presentation): ProgressStyle {
  const { command, quiet, dataOnStdout } = how;
  const mixed = dataOnStdout && isTerminal(1);
  return { mode: quiet || mixed || isJsonOnStderr(how) ? "none" : isTerminal(2) ? "live" : "lines", label: command };
}

/** @returns the exit code. */
export async function presentOutcome(outcome: RunOutcome, how: Presentation): Promise<number> {
  if (outcome.status === EXIT.brokenPipe) return outcome.status;
  const fd = how.dataOnStdout ? 2 : 1;
  const write = how.dataOnStdout ? writeErr : writeOut;
  try {
    if (how.json) write(`${JSON.stringify(jsonOf(outcome, how))}\n`);
    else if (!(how.quiet && how.dataOnStdout) && hasFigures(outcome)) {
      const style: SummaryStyle = { boxed: isTerminal(fd), paint: palette(wantsColor(fd)) };
      write(await (how.render ?? renderSummary)(outcome.result, style));
    }
  } catch (cause) {
    // A failure of the run says more than the reader's leaving.
    if (!(cause instanceof ReaderGone) || outcome.status === EXIT.done) throw cause;
  }
  if (outcome.error !== null && outcome.status !== EXIT.done && !isJsonOnStderr(how))
    sayError(outcome.error, outcome.hint);
  return outcome.status;
}

/** A run that could not open its input or output has none, and a summary of nothing would only hide what went wrong. */
function hasFigures({ result }: RunOutcome): boolean {
  return Object.keys(result).length > 0;
}

function jsonOf(outcome: RunOutcome, { command, settings }: Presentation): Record<string, unknown> {
  const trouble = {
    ...(outcome.error !== null && { error: outcome.error }),
    ...(outcome.hint !== null && { hint: outcome.hint }),
  };
  return { command, version, status: outcome.status, ...trouble, settings, ...outcome.result };
}
