/** The main job's ending: the types of the feed, the rebuilt tops of book, one book in depth, what each stage cost, the verdict. */

import { type Column, renderTable } from "../cli/table.ts";
import { type Book, isBookList, priceText, renderBooks } from "./depth.ts";
import { Facts, phrase } from "./facts.ts";
import { isTypeCounts, renderTypes } from "./itchTypes.ts";
import { renderSummary, type SummaryStyle } from "./summary.ts";
import { counted, formatBytes, formatClock, formatCount, formatDuration, formatRate } from "./units.ts";

interface Stage {
  readonly stage: string;
  readonly busyNs: number;
  readonly nsPerMessage: number;
  readonly messagesPerSec: number;
}

export async function renderDemo(result: Readonly<Record<string, unknown>>, style: SummaryStyle): Promise<string> {
  const facts = new Facts(result);
  const { byType, books, stages } = {
    byType: facts.take("byType"),
    books: facts.take("books"),
    stages: facts.take("stages"),
  };
  const agree = facts.take("booksAgree") === true;
  const span = [facts.number("firstNs"), facts.number("lastNs")].map((ns) => phrase(ns, formatClock));
  const shown = isBookList(books) ? books.length : 0;
  const blocks: string[] = [];
  if (isTypeCounts(byType)) blocks.push(await renderTypes(byType, style));
  if (isBookList(books) && books.length > 0) {
    blocks.push(await renderTops(books, style));
    blocks.push(await renderBooks(books.slice(0, 1), span[1] ?? "", style));
  }
  if (Array.isArray(stages)) blocks.push(await renderStages(stages as readonly Stage[], style));
  facts.line(
    "feed",
    phrase(facts.number("messages"), (count) => counted(count, "message")),
    phrase(facts.number("bytes"), formatBytes),
    phrase(facts.number("symbols"), (count) => `${counted(count, "symbol")}${count > shown ? `, ${shown} shown` : ""}`),
    span.every((clock) => clock !== undefined) ? span.join(" to ") : undefined,
  );
  facts.line(
    "flow",
    phrase(facts.number("orders"), (count) => counted(count, "command")),
    phrase(facts.number("trades"), (count) => counted(count, "trade")),
    phrase(facts.number("liveOrders"), (count) => `${counted(count, "order")} live at the end`),
    phrase(facts.number("elapsedNs"), (ns) => `in ${formatDuration(ns)}`),
  );
  const anomalies = facts.number("anomalies");
  if (anomalies !== undefined && anomalies > 0) facts.line("anomalies", style.paint.bad(formatCount(anomalies)));
  const [engine, rebuilt] = [facts.text("engineHash"), facts.text("hash")];
  facts.line("verdict", verdictText(agree, engine, rebuilt, style));
  const rest = await renderSummary(facts.rest(), style);
  blocks.push(rest + facts.render(style));
  return blocks.filter((block) => block !== "").join("\n");
}

function verdictText(
  agree: boolean,
  engine: string | undefined,
  rebuilt: string | undefined,
  { paint }: SummaryStyle,
): string {
  const hashes = `state hash of the engine ${engine ?? "unknown"}, of the rebuilt books ${rebuilt ?? "unknown"}`;
  return agree
    ? `${paint.good("the books rebuilt from the feed are the engine's books")}; ${hashes}`
    : `${paint.bad("the books rebuilt from the feed differ from the engine's")}; ${hashes}`;
}

const TOP_COLUMNS: readonly Column[] = ["symbol", "bid size", "bid", "ask", "ask size", "spread", "state"].map(
  (title) => ({
    title,
    align: title === "symbol" || title === "state" ? "left" : "right",
  }),
);

async function renderTops(books: readonly Book[], style: SummaryStyle): Promise<string> {
  const rows = books.map(({ symbol, state, bids: [bid], asks: [ask] }) => [
    symbol,
    phrase(bid?.size, formatCount) ?? "",
    phrase(bid?.price, priceText) ?? "",
    phrase(ask?.price, priceText) ?? "",
    phrase(ask?.size, formatCount) ?? "",
    bid === undefined || ask === undefined ? "" : priceText(ask.price - bid.price),
    state ?? "",
  ]);
  return renderTable(TOP_COLUMNS, rows, style.boxed, style.paint);
}

async function renderStages(stages: readonly Stage[], style: SummaryStyle): Promise<string> {
  const columns: Column[] = ["stage", "busy", "a message", "rate"].map((title) => ({
    title,
    align: title === "stage" ? "left" : "right",
  }));
  const rows = stages.map(({ stage, busyNs, nsPerMessage, messagesPerSec }) => [
    stage,
    formatDuration(busyNs),
    formatDuration(nsPerMessage),
    formatRate(messagesPerSec),
  ]);
  return renderTable(columns, rows, style.boxed, style.paint);
}
