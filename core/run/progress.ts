/** How far a run is, on stderr: one live line on a terminal, a plain line now and then in a log. */

import { writeErr } from "../cli/output.ts";
import { formatBytes, formatDuration, formatRate, formatShort } from "../report/units.ts";
import type { Counters } from "../../ffi/page.ts";

export interface ProgressStyle {
  /** `none` for `--quiet` and where the line would fall between rows of data. */
  readonly mode: "live" | "lines" | "none";
  /** First word of the line. */
  readonly label: string;
  /** What is counted; messages, unless it is something too slow for a rate. */
  readonly counts?: "messages" | "suites" | "models";
  /** The names of what is counted, in turn, when each takes long enough that its name is wanted. */
  readonly names?: readonly string[];
}

const LIVE_AFTER_NS = 0.4e9;
const LIVE_EVERY_NS = 0.1e9;
const LINES_EVERY_NS = 5e9;
/** Columns that never wrap on a terminal of ordinary width (asking `process.stderr` for its own would open it), and those of a line in a log. */
const [NARROW, WIDE] = [79, 119];
const CLEAR_LINE = "\r\u001B[2K";

export class Progress {
  readonly #style: ProgressStyle;
  #lastNs = 0;
  #lastMessages = 0;
  #shown = false;

  constructor(style: ProgressStyle) {
    this.#style = style;
  }

  /** Shows the counters when it is time to; cheap otherwise. `elapsedNs` is the time since the run started. */
  update(elapsedNs: number, counters: () => Counters): void {
    const { mode } = this.#style;
    if (mode === "none") return;
    const since = elapsedNs - this.#lastNs;
    const due = mode === "live" ? elapsedNs >= LIVE_AFTER_NS && since >= LIVE_EVERY_NS : since >= LINES_EVERY_NS;
    if (!due) return;
    const now = counters();
    const ratePerSec = ((now.messages - this.#lastMessages) / since) * 1e9;
    this.#lastNs = elapsedNs;
    this.#lastMessages = now.messages;
    const width = mode === "live" ? NARROW : WIDE;
    const line = progressLine(this.#style, elapsedNs, ratePerSec, now, width);
    writeErr(mode === "live" ? `${CLEAR_LINE}${line}` : `${line}\n`);
    this.#shown = mode === "live";
  }

  /** Leaves a clean line behind. */
  end(): void {
    if (this.#shown) writeErr(CLEAR_LINE);
    this.#shown = false;
  }
}

/** Three digits, or whole microseconds. */
function microseconds(ns: number): string {
  return ns < 1e6 ? String(Number((ns / 1e3).toPrecision(3))) : String(Math.round(ns / 1e3));
}

/** How much of its work a run has done, of 1, when it is known how much there is. */
export function doneShare({
  messages,
  goal,
  bytesIn,
  bytesTotal,
}: Pick<Counters, "messages" | "goal" | "bytesIn" | "bytesTotal">): number | undefined {
  return goal > 0 ? messages / goal : bytesTotal > 0 ? bytesIn / bytesTotal : undefined;
}

/** At most `width` columns: what does not fit is left out, the end first. */
export function progressLine(
  { label, counts = "messages", names = [] }: Pick<ProgressStyle, "label" | "counts" | "names">,
  elapsedNs: number,
  ratePerSec: number,
  now: Counters,
  width = NARROW,
): string {
  const share = doneShare(now);
  const isExchange = now.latencyP50Ns > 0;
  // An exchange has much to say: how fast it is, and how deep its ring, comes before how much it took.
  const isSlow = counts !== "messages";
  const at = isSlow ? names[now.messages] : undefined;
  const head = at === undefined ? label : `${label} ${at},`;
  const goal = isSlow && now.goal > 0 ? ` of ${formatShort(now.goal)}` : "";
  const rate = formatRate(Math.max(0, ratePerSec));
  const parts = [];
  if (isExchange) {
    const latencies = [now.latencyP50Ns, now.latencyP99Ns, now.latencyP999Ns].map(microseconds).join("/");
    parts.push(
      `${head} ${rate}`,
      `${formatShort(now.trades)} trades`,
      `p50/99/99.9 ${latencies} µs`,
      `ring ${formatShort(now.ringDepth)}`,
      `${formatShort(now.messages)} orders`,
    );
  } else {
    parts.push(`${head} ${formatShort(now.messages)}${goal} ${counts}`);
    if (!isSlow) parts.push(rate);
  }
  if (now.bytesTotal > 0) parts.push(`${formatBytes(now.bytesIn)} of ${formatBytes(now.bytesTotal)}`);
  else if (now.bytesIn > 0) parts.push(formatBytes(now.bytesIn));
  else if (now.bytesOut > 0) parts.push(formatBytes(now.bytesOut));
  if (now.anomalies > 0) parts.push(`${formatShort(now.anomalies)} anomalies`);
  if (now.lost > 0) parts.push(`${formatShort(now.lost)} lost`);
  // One suite may take a thousand times what another takes: their count tells nothing about the time.
  const isKnown = !isSlow && share !== undefined && share > 0.01 && share <= 1;
  if (isKnown) parts.push(`${Math.floor(share * 100)} %, ${formatDuration((elapsedNs / share) * (1 - share))} left`);
  else parts.push(formatDuration(elapsedNs));
  let line = parts[0]!;
  for (const part of parts.slice(1)) {
    if (line.length + 3 + part.length > width) break;
    line += ` | ${part}`;
  }
  return line;
}
