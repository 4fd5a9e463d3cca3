/** The summary of a generator: what was written, how the schedule was kept, what the network did. */

import { Facts, phrase } from "./facts.ts";
import { isTypeCounts, renderTypes } from "./itchTypes.ts";
import { phraseSent } from "./network.ts";
import { renderSummary, type SummaryStyle } from "./summary.ts";
import { counted, formatBytes, formatClock, formatCount, formatDuration, formatRate } from "./units.ts";

type Result = Readonly<Record<string, unknown>>;

/** A feed was written. */
export async function renderFeedgen(result: Result, style: SummaryStyle): Promise<string> {
  const facts = new Facts(result);
  const byType = facts.take("byType");
  const types = isTypeCounts(byType) ? await renderTypes(byType, style) : "";
  phraseOutput(facts);
  facts.line("messages", phrase(facts.number("messages"), formatCount), ...speed(facts));
  phraseSchedule(facts);
  const commands = phrase(facts.number("commands"), (count) => counted(count, "command"));
  return [types, await theRest(facts, commands, style)].filter((block) => block !== "").join("\n");
}

/** The order-entry side was written: the feed is what would come of it, and its types are not in the output. */
export async function renderOrders(result: Result, style: SummaryStyle): Promise<string> {
  const facts = new Facts(result);
  facts.take("byType");
  phraseOutput(facts);
  facts.line(
    "orders",
    phrase(facts.number("commands"), (count) => `${counted(count, "command")} in the native protocol`),
  );
  facts.line(
    "their feed",
    phrase(facts.number("messages"), (count) => `${counted(count, "message")}, not written`),
    ...speed(facts),
  );
  phraseSchedule(facts);
  return theRest(facts, undefined, style);
}

function phraseOutput(facts: Facts): void {
  const to = facts.text("to");
  facts.line("output", to === "-" ? "standard output" : to, phrase(facts.number("bytesOut"), formatBytes));
}

function speed(facts: Facts): (string | undefined)[] {
  return [
    phrase(facts.number("messagesPerSec"), formatRate),
    phrase(facts.number("offeredPerSec"), (rate) => `offered ${formatRate(rate)}`),
    phrase(facts.number("elapsedNs"), (ns) => `in ${formatDuration(ns)}`),
  ];
}

function phraseSchedule(facts: Facts): void {
  facts.line(
    "lateness",
    latenessText(facts.take("lateness")),
    phrase(facts.number("dropped") || undefined, (count) => `${counted(count, "message")} due and never made`),
  );
}

async function theRest(facts: Facts, commands: string | undefined, style: SummaryStyle): Promise<string> {
  const [activity, seed] = [facts.number("activity") ?? 1, facts.take("seed")];
  facts.line(
    "flow",
    commands,
    phrase(facts.number("symbols"), (count) => counted(count, "symbol")),
    phrase(seed, (value) => `seed ${String(value)}`),
    activity > 1 ? `${formatCount(activity)} times its natural rate` : undefined,
    phrase(facts.number("lastClockNs"), (ns) => `model time to ${formatClock(ns)}`),
  );
  facts.line("packets", phrase(facts.number("packets"), formatCount));
  phraseSent(facts);
  facts.line(
    "live orders",
    phrase(facts.number("liveOrders"), (count) => `${formatCount(count)} at the end`),
  );
  facts.line("state hash", facts.text("hash"));
  facts.line("built for", facts.text("isa"));
  return facts.render(style) + (await renderSummary(facts.rest(), style));
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
