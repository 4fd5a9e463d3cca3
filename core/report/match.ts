/** The summary of an exchange: what was asked, what came of it, what is left. */

import { Facts, phrase } from "./facts.ts";
import { renderSummary, type SummaryStyle } from "./summary.ts";
import { formatCount, formatDuration, formatRate } from "./units.ts";

export async function renderMatch(result: Readonly<Record<string, unknown>>, style: SummaryStyle): Promise<string> {
  const facts = new Facts(result);
  facts.line(
    "orders",
    phrase(facts.number("orders"), formatCount),
    phrase(facts.number("ordersPerSec"), formatRate),
    phrase(facts.number("elapsedNs"), (ns) => `in ${formatDuration(ns)}`),
  );
  facts.line(
    "reports",
    phrase(facts.number("reports"), formatCount),
    phrase(facts.number("trades"), (count) => `${formatCount(count)} trades`),
    phrase(facts.number("rejects"), (count) => `${formatCount(count)} rejects`),
    facts.text("acknowledgement"),
  );
  facts.line(
    "live orders",
    phrase(facts.number("live"), (count) => `${formatCount(count)} at the end`),
  );
  facts.line(
    "feed",
    phrase(facts.number("feedMessages"), (count) => `${formatCount(count)} messages`),
  );
  facts.line(
    "state hash",
    facts.text("hash"),
    phrase(facts.text("booksHash"), (hash) => `of the shown books ${hash}`),
  );
  const rest = await renderSummary(facts.rest(), style);
  return facts.render(style.paint) + rest;
}
