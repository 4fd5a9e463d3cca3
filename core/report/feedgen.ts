/** The summary of a generator: what was written, how the schedule was kept, what the network did. */

import { Facts, phrase } from "./facts.ts";
import { isTypeCounts, renderTypes } from "./itchTypes.ts";
import { renderSummary, type SummaryStyle } from "./summary.ts";
import { formatBytes, formatClock, formatCount, formatDuration, formatRate } from "./units.ts";

export async function renderFeedgen(result: Readonly<Record<string, unknown>>, style: SummaryStyle): Promise<string> {
  const facts = new Facts(result);
  const byType = facts.take("byType");
  const types = isTypeCounts(byType) ? await renderTypes(byType, style) : "";
  const { to, seed } = { to: facts.text("to"), seed: facts.take("seed") };
  facts.line("output", to === "-" ? "standard output" : to, phrase(facts.number("bytesOut"), formatBytes));
  facts.line(
    "messages",
    phrase(facts.number("messages"), formatCount),
    phrase(facts.number("messagesPerSec"), formatRate),
    phrase(facts.number("offeredPerSec"), (rate) => `offered ${formatRate(rate)}`),
    phrase(facts.number("elapsedNs"), (ns) => `in ${formatDuration(ns)}`),
  );
  facts.line("lateness", latenessText(facts.take("lateness")));
  facts.line(
    "flow",
    phrase(facts.number("commands"), (count) => `${formatCount(count)} commands`),
    phrase(facts.number("symbols"), (count) => `${formatCount(count)} symbols`),
    `seed ${String(seed)}`,
    phrase(facts.number("lastClockNs"), (ns) => `model time to ${formatClock(ns)}`),
  );
  facts.line(
    "live orders",
    phrase(facts.number("liveOrders"), (count) => `${formatCount(count)} at the end`),
  );
  facts.line("state hash", facts.text("hash"));
  const rest = await renderSummary(facts.rest(), style);
  return [types, facts.render(style.paint) + rest].filter((block) => block !== "").join("\n");
}

/** Against the intended send times of the schedule, so that a stall counts for every message behind it. */
function latenessText(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const late = value as Readonly<Record<string, number>>;
  const part = (label: string, key: string) => phrase(late[key], (ns) => `${label} ${formatDuration(ns)}`);
  return [part("p50", "p50Ns"), part("p99", "p99Ns"), part("p99.9", "p999Ns"), part("max", "maxNs")]
    .filter((each) => each !== undefined)
    .join(", ");
}
