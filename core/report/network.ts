/** What a network did to a feed, sent or received, in a few lines; what did not happen is not mentioned. */

import { Facts, phrase } from "./facts.ts";
import { counted, formatBytes, formatCount } from "./units.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Sequence numbers, first and last. */
type Range = readonly [number, number];

/** Shown of the ranges that were lost; `--json` has more. */
const MOST_RANGES = 3;

const SILENCE = "none came: is somebody sending to this address, and does ?iface= name the network they come by?";

/** A MoldUDP64 session that was sent, under `key`: packets, and the packets that receivers asked for again. */
export function phraseSent(facts: Facts, key = "network", label = "network"): void {
  const network = fieldsOf(facts.take(key));
  if (network === undefined) return;
  const resent = fieldsOf(network.take("retransmission"));
  facts.line(
    label,
    phrase(network.number("packets"), (count) => counted(count, "packet")),
    phrase(network.number("bytes"), formatBytes),
    some(network.number("heartbeats"), "heartbeats"),
    some(network.number("refused"), "refused by the system"),
  );
  if (resent === undefined) return;
  const requests = resent.number("requests") ?? 0;
  facts.line(
    "retransmission",
    requests === 0 ? "nobody asked" : counted(requests, "request"),
    some(resent.number("messages"), "messages sent again"),
    some(resent.number("unanswered"), "unanswered"),
  );
}

/** A MoldUDP64 session that was received live: what came, what was missing and what became of it, what the system did. */
export function phraseReceived(facts: Facts): void {
  const session = fieldsOf(facts.take("session"));
  if (session === undefined) return;
  const [packets, heartbeats] = [session.number("packets"), session.number("heartbeats")];
  const isSilent = packets === 0 && (heartbeats ?? 0) === 0;
  facts.line(
    "packets",
    phrase(packets, (count) => (isSilent ? SILENCE : formatCount(count))),
    some(heartbeats, "heartbeats"),
    some(session.number("duplicates"), "messages came twice"),
    some(session.number("foreign"), "of another session"),
  );
  const missed = session.number("missedBefore") ?? 0;
  const joined = session.number("joinedAt");
  if (missed > 0) {
    const from = phrase(joined, (sequence) => `joined at message ${formatCount(sequence)}`);
    facts.line("session", from, `${formatCount(missed)} before it missed`);
  }
  const ranges = session.take("lostRanges");
  facts.line(
    "gaps",
    phrase(session.number("gaps") || undefined, formatCount),
    phrase(session.number("requests") || undefined, (count) => counted(count, "request")),
    some(session.number("recovered"), "messages recovered"),
    phrase(session.number("lost") || undefined, (count) => `${counted(count, "message")} lost${rangesText(ranges)}`),
  );
  const first = session.text("firstMalformed");
  facts.line(
    "malformed",
    phrase(session.number("malformed") || undefined, formatCount),
    phrase(first, (rule) => `the first: ${rule}`),
  );
  phraseBuffer(facts, session);
}

/** Only where packets were lost on this machine, or the system gave less room than was asked for. */
function phraseBuffer(facts: Facts, session: Facts): void {
  const [asked, got] = [session.number("receiveBufferAsked") ?? 0, session.number("receiveBufferGot") ?? 0];
  facts.line(
    "receive buffer",
    got < asked ? `${formatBytes(got)} of ${formatBytes(asked)} asked for (net.core.rmem_max)` : undefined,
    some(session.number("droppedBySystem"), "packets dropped by the system"),
    some(session.number("overflowed"), "early packets dropped, too many were waiting"),
  );
}

function rangesText(value: unknown): string {
  const ranges = Array.isArray(value) ? (value as readonly Range[]) : [];
  if (ranges.length === 0) return "";
  const shown = ranges.slice(0, MOST_RANGES).map(([first, last]) => `${formatCount(first)}-${formatCount(last)}`);
  return ` (${shown.join(" ")}${ranges.length > MOST_RANGES ? " ..." : ""})`;
}

/** A count with its words, when it is not zero; of one the first word, which is what is counted, loses its s. */
export function some(count: number | undefined, words: string): string | undefined {
  if (count === undefined || count === 0) return undefined;
  return `${formatCount(count)} ${count === 1 ? words.replace(/^(\w+)s\b/, "$1") : words}`;
}

/** An object's fields to take from; undefined when it is something else. */
export function fieldsOf(value: unknown): Facts | undefined {
  return typeof value === "object" && value !== null ? new Facts(value as Fields) : undefined;
}
