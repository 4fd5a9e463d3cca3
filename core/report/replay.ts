/** The summary of a replay: message types by name, what went wrong, the facts; or the books, when they were asked for. */

import { endText, isBookList, noBooksText, renderBooks, type Span } from "./depth.ts";
import { Facts, phrase } from "./facts.ts";
import { isTypeCounts, renderTypes } from "./itchTypes.ts";
import { phraseReceived, phraseSent } from "./network.ts";
import { renderRows, renderSummary, type SummaryStyle } from "./summary.ts";
import { isVerification, renderVerification } from "./verify.ts";
import { counted, formatBytes, formatClock, formatCount, formatDuration, formatRate } from "./units.ts";

interface Tallied {
  readonly count: number;
  readonly firstOffset: number;
  /** The first one in words, where there are more to say than the offset. */
  readonly first?: string;
}

/** @param symbols the names that were asked for, none for all */
export async function renderReplay(
  result: Readonly<Record<string, unknown>>,
  style: SummaryStyle,
  symbols: readonly string[] = [],
): Promise<string> {
  if (isVerification(result)) return renderVerification(result, style);
  const facts = new Facts(result);
  const byType = facts.take("byType");
  const books = facts.take("books");
  const at = facts.number("at");
  const span = {
    at,
    firstNs: facts.number("firstNs"),
    lastNs: facts.number("lastNs"),
    passed: facts.take("atPassed") === true,
  };
  const blocks: string[] = [];
  if (isBookList(books) && books.length === 0) blocks.push(noBooksText(symbols, span));
  else if (isBookList(books))
    blocks.push((await renderBooks(books, phrase(at, formatClock) ?? "", style)) + endText(span));
  else if (isTypeCounts(byType)) blocks.push(await renderTypes(byType, style));
  for (const title of ["faults", "anomalies"]) {
    const tallies = Object.entries((facts.take(title) ?? {}) as Readonly<Record<string, Tallied>>);
    if (tallies.length > 0) blocks.push(await renderTallies(title, tallies, style));
  }
  phraseFacts(facts, span);
  const rest = await renderSummary(facts.rest(), style);
  blocks.push(rest, facts.render(style));
  return blocks.filter((block) => block !== "").join("\n");
}

async function renderTallies(
  title: string,
  tallies: readonly (readonly [string, Tallied])[],
  style: SummaryStyle,
): Promise<string> {
  const rows = tallies.map(([rule, { count, first, firstOffset }]) => ({
    [title]: rule.replaceAll("-", " "),
    count,
    first: groupedOffset(first ?? `offset ${firstOffset}`),
  }));
  return renderRows(rows, style);
}

function phraseFacts(facts: Facts, { firstNs, lastNs }: Span): void {
  const elapsedNs = facts.number("elapsedNs");
  facts.line(
    "input",
    facts.text("format"),
    phrase(facts.number("bytesIn"), formatBytes),
    phrase(facts.number("bytesPerSec"), (rate) => `${formatBytes(rate)}/s`),
    phrase(facts.text("decoder"), (name) => `decoder ${name}`),
    phrase(facts.number("trailingBytes") || undefined, (bytes) => `${formatCount(bytes)} trailing bytes tolerated`),
    facts.take("endOfSession") === true ? "ends with its end of session" : undefined,
  );
  facts.line("limit", inflateText(facts.take("inflate"), elapsedNs));
  facts.line(
    "messages",
    phrase(facts.number("messages"), formatCount),
    phrase(facts.number("messagesPerSec"), formatRate),
    phrase(elapsedNs, (ns) => `in ${formatDuration(ns)}`),
  );
  facts.line("ended", facts.take("timedOut") === true ? "by --duration, before the input did" : undefined);
  facts.line(
    "packets",
    phrase(facts.number("packets"), formatCount),
    phrase(facts.number("feedPackets"), (count) => `${formatCount(count)} with the feed`),
    phrase(facts.number("heartbeats") || undefined, (count) => counted(count, "heartbeat")),
    phrase(facts.number("requests") || undefined, (count) => counted(count, "request")),
  );
  phraseReceived(facts);
  const clocks = [firstNs, lastNs].map((ns) => phrase(ns, formatClock));
  facts.line("time span", clocks.every((clock) => clock !== undefined) ? clocks.join(" to ") : undefined);
  facts.line("symbols", phrase(facts.number("symbols"), formatCount));
  const bookBytes = phrase(facts.number("bookBytes"), formatBytes);
  facts.line(
    "live orders",
    phrase(facts.number("liveOrders"), (count) => `${formatCount(count)} at the end`),
    phrase(facts.number("peakLiveOrders"), (count) => `${formatCount(count)} at the peak`),
    phrase(bookBytes, (size) => `${size} of books`),
  );
  for (const state of ["locked", "crossed"]) {
    const { count, first } = (facts.take(state) ?? { count: 0 }) as Partial<Tallied>;
    if (count !== undefined && count > 0) facts.line(state, timesText(count), phrase(first, groupedOffset));
  }
  phrasePublished(facts);
  facts.line("state hash", facts.text("hash"));
}

/** Native texts name offsets as bare digits. */
function groupedOffset(text: string): string {
  return text.replace(/\boffset (\d+)/, (_, offset: string) => `offset ${formatCount(Number(offset))}`);
}

function timesText(count: number): string {
  return count === 1 ? "once" : `${formatCount(count)} times`;
}

/** The feed that `--to` sent on. */
function phrasePublished(facts: Facts): void {
  const value = facts.take("published");
  if (typeof value !== "object" || value === null) return;
  const sent = new Facts(value as Readonly<Record<string, unknown>>);
  facts.line(
    "sent on",
    phrase(sent.text("to"), (to) => (to === "-" ? "to standard output" : `to ${to}`)),
    phrase(sent.number("messages"), (count) => counted(count, "message")),
    phrase(sent.number("bytes"), formatBytes),
    phrase(sent.number("pace"), (pace) => `at ${formatCount(pace)}x`),
    phrase(sent.number("lateMessages"), (count) => `${formatCount(count)} late`),
    phrase(sent.number("maxLatenessNs"), (ns) => `at most ${formatDuration(ns)}`),
  );
  for (const [key, rest] of Object.entries(sent.rest())) facts.put(key, rest);
  phraseSent(facts);
}

/** Gzip is inflated on its own thread; says so where everything else waited for it. */
function inflateText(value: unknown, elapsedNs: number | undefined): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { waitedNs, limit } = value as { readonly waitedNs: number; readonly limit: boolean };
  const share = elapsedNs ? ` for ${formatDuration(waitedNs)} of ${formatDuration(elapsedNs)}` : "";
  return limit ? `inflating gzip: the books waited for it${share}; unpack a file that is replayed often` : undefined;
}
