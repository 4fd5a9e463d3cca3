/** The summary of an exchange: what was asked, what came of it, what is left. */

import { Facts, phrase } from "./facts.ts";
import { fieldsOf, phraseSent, some } from "./network.ts";
import { renderSummary, type SummaryStyle } from "./summary.ts";
import { counted, formatBytes, formatCount, formatDuration, formatRate } from "./units.ts";

interface Journal {
  readonly durability: string;
  readonly records: number;
  readonly refused: number;
  readonly bytes: number;
  readonly commits: number;
  readonly meanCommitNs: number;
  readonly longestCommitNs: number;
  readonly snapshots: Snapshots | null;
  readonly recovered: Recovered | null;
}

interface Recovered {
  readonly records: number;
  readonly hash: string;
  readonly overruled: readonly string[];
  readonly report: string;
}

interface Snapshots {
  readonly taken: number;
  readonly sequence: number;
  readonly bytes: number;
  readonly removed: number;
  readonly trouble: string | null;
}

/** The log: how much, how durable, how fast the disk was; and what it was recovered from. */
function journalLines(facts: Facts): void {
  const journal = facts.take("journal") as Journal | undefined;
  if (journal === undefined) return;
  facts.line(
    "journal",
    `${counted(journal.records, "record")}${journal.recovered === null ? "" : " in all"}`,
    `${formatBytes(journal.bytes)}${journal.recovered === null ? "" : " by this run"}`,
    `durability ${journal.durability}`,
    journal.refused > 0 ? `${formatCount(journal.refused)} refused for want of room` : undefined,
  );
  if (journal.commits > 0)
    facts.line(
      "commits",
      formatCount(journal.commits),
      `${formatDuration(journal.meanCommitNs)} each`,
      `${formatDuration(journal.longestCommitNs)} at most`,
    );
  snapshotLine(facts, journal.snapshots);
  if (journal.recovered === null) return;
  const { records, hash, overruled, report } = journal.recovered;
  facts.line("recovered", counted(records, "record"), `state hash ${hash}`);
  for (const line of report.split("\n")) facts.line("", line.trim());
  for (const name of overruled) facts.line("", `--${name} does not count: the journal has its own, and they differ`);
}

/** What was taken, and what kept more from being taken. */
function snapshotLine(facts: Facts, snapshots: Snapshots | null): void {
  if (snapshots === null || (snapshots.taken === 0 && snapshots.trouble === null)) return;
  const { taken, sequence, bytes, removed, trouble } = snapshots;
  facts.line(
    "snapshots",
    formatCount(taken),
    taken > 0 ? `the newest of record ${formatCount(sequence)}` : undefined,
    taken > 0 ? formatBytes(bytes) : undefined,
    removed > 0 ? `${formatCount(removed)} older files removed` : undefined,
    trouble === null ? undefined : `no more: ${trouble}`,
  );
}

/** Who was served, and what was wrong with whom. */
function clientLines(facts: Facts): void {
  const clients = fieldsOf(facts.take("clients"));
  if (clients === undefined) return;
  const ouchBytes = clients.number("ouchBytesIn");
  facts.line(
    "clients",
    phrase(clients.number("came"), formatCount),
    phrase(clients.number("most"), (count) => `at most ${formatCount(count)} at once`),
    some(clients.number("turnedAway"), "turned away"),
  );
  const sessions = clients.number("sessions");
  if (sessions !== undefined)
    facts.line("OUCH", counted(sessions, "session"), `${formatBytes(ouchBytes ?? 0)} received`);
  facts.line(
    "cut off",
    some(clients.number("cutMalformed"), "for messages that are none"),
    some(clients.number("cutForeign"), "for orders of others"),
    some(clients.number("cutSlow"), "for not reading"),
    some(clients.number("cutSilent"), "for saying or reading nothing"),
  );
  facts.line(
    "sent",
    some(clients.number("reports"), "reports to native clients"),
    some(clients.number("reportsUnclaimed"), "whose client had left"),
  );
  facts.line(
    "not taken",
    some(clients.number("halfMessages"), "half messages"),
    some(clients.number("datagramsMalformed"), "rests of datagrams that are no messages"),
    some(clients.number("datagramsDropped"), "datagrams"),
  );
}

/** On how many threads, and how far the matching one fell behind. */
function threadLine(facts: Facts): void {
  const depth = facts.take("ringDepth") as { readonly most: number; readonly slots: number } | undefined;
  facts.line(
    "threads",
    phrase(facts.number("threads"), formatCount),
    depth === undefined || depth.slots === 0
      ? undefined
      : `at most ${formatCount(depth.most)} of ${formatCount(depth.slots)} commands waiting between them`,
  );
}

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
    phrase(facts.number("trades"), (count) => counted(count, "trade")),
    phrase(facts.number("rejects"), (count) => counted(count, "reject")),
    facts.text("acknowledgement"),
  );
  const latency = facts.take("latencyNs") as Readonly<Record<string, number>> | null | undefined;
  facts.line(
    "latency",
    ...Object.entries(latency ?? {}).map(([key, ns]) => `${key.replace(/^p99(9+)$/, "p99.$1")} ${formatDuration(ns)}`),
  );
  facts.line(
    "live orders",
    phrase(facts.number("live"), (count) => `${formatCount(count)} at the end`),
  );
  facts.line(
    "feed",
    phrase(facts.number("feedMessages"), (count) => counted(count, "message")),
  );
  facts.line(
    "state hash",
    facts.text("hash"),
    phrase(facts.text("booksHash"), (hash) => `of the shown books ${hash}`),
  );
  phraseSent(facts);
  phraseSent(facts, "reportsNetwork", "reports network");
  clientLines(facts);
  threadLine(facts);
  facts.line("built for", facts.text("isa"));
  journalLines(facts);
  const rest = await renderSummary(facts.rest(), style);
  return facts.render(style) + rest;
}
