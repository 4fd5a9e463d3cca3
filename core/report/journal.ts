/** What `hftz replay --journal` found in a log: what was read, and the state it led to. */

import { Facts, phrase } from "./facts.ts";
import { renderSummary, type SummaryStyle } from "./summary.ts";
import { counted, formatCount, formatDuration } from "./units.ts";

export async function renderJournal(result: Readonly<Record<string, unknown>>, style: SummaryStyle): Promise<string> {
  const facts = new Facts(result);
  for (const [index, line] of (facts.text("journal") ?? "").split("\n").entries())
    facts.line(index === 0 ? "log" : "", line.trim().replace(/^journal /, "") || undefined);
  facts.line(
    "records",
    phrase(facts.number("records"), formatCount),
    phrase(facts.number("checkpoints"), (count) => `${counted(count, "checkpoint")} passed`),
    phrase(facts.number("elapsedNs"), (ns) => `in ${formatDuration(ns)}`),
  );
  const first = facts.number("firstReport");
  facts.line(
    "reports",
    phrase(facts.number("reports"), formatCount),
    first === undefined || first === 1 ? undefined : `from number ${formatCount(first)} on`,
    phrase(facts.number("trades"), (count) => counted(count, "trade")),
  );
  facts.line(
    "live orders",
    phrase(facts.number("live"), (count) => `${formatCount(count)} at the end`),
  );
  facts.line("state hash", facts.text("hash"));
  const rest = await renderSummary(facts.rest(), style);
  return facts.render(style) + rest;
}
