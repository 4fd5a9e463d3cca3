/** Order books as ladders: bids to the left of the prices, asks to the right, the best of both in the first row. */

import { type Column, renderTable } from "../cli/table.ts";
import type { SummaryStyle } from "./summary.ts";
import { formatClock, formatCount } from "./units.ts";

export interface Level {
  /** 10^-4 of the currency. */
  readonly price: number;
  readonly size: number;
  readonly orders: number;
}

export interface Book {
  readonly symbol: string;
  /** Trading state of the symbol as the feed names it, null when it never did. */
  readonly state: string | null;
  readonly bids: readonly Level[];
  readonly asks: readonly Level[];
}

/** Exchange times, nanoseconds since midnight: the moment of the books, the first and the last message up to it. */
export interface Span {
  readonly at: number | undefined;
  readonly firstNs: number | undefined;
  readonly lastNs: number | undefined;
  /** Whether the input goes on behind that moment. */
  readonly passed: boolean;
}

/** From here on a moment and the last message before it are told apart. */
const SILENCE_NS = 1e9;

const COLUMNS: readonly Column[] = ["orders", "size", "bid", "ask", "size", "orders"].map((title, index) => ({
  title,
  align: index < 3 ? "right" : index === 3 ? "right" : "left",
}));

export function isBookList(value: unknown): value is readonly Book[] {
  return Array.isArray(value) && value.every((item) => typeof item === "object" && item !== null && "bids" in item);
}

/** @param moment the exchange time of the books as text */
export async function renderBooks(books: readonly Book[], moment: string, style: SummaryStyle): Promise<string> {
  const blocks = books.map(async (book) => {
    const state = book.state === null ? "" : `  ${style.paint.dim(`state ${book.state}`)}`;
    const head = `${style.paint.bold(book.symbol)}  ${moment}${state}\n`;
    if (book.bids.length === 0 && book.asks.length === 0) return `${head}  empty\n`;
    return head + (await renderTable(COLUMNS, ladder(book), style.boxed, style.paint));
  });
  return (await Promise.all(blocks)).join("\n");
}

/** Why there is nothing to draw, as far as the figures tell. */
export function noBooksText(symbols: readonly string[], { at, firstNs, passed }: Span): string {
  const whose = symbols.length === 0 ? "" : ` of ${symbols.join(", ")}`;
  // Read to the end without a message of theirs: they are not late, they are not there.
  const isAbsent = symbols.length > 0 && firstNs === undefined && !passed;
  if (at === undefined || isAbsent)
    return symbols.length === 0
      ? "no book: this feed leaves no orders\n"
      : `no book${whose}: no such symbol in this feed\n`;
  const begins = firstNs === undefined ? "no message is that early" : `the feed begins at ${formatClock(firstNs)}`;
  return `no book${whose} yet at ${formatClock(at)}: ${begins}\n`;
}

/** A moment long after the last message shows books that are older than the reader may think. */
export function endText({ at, lastNs, passed }: Span): string {
  if (at === undefined || lastNs === undefined || at === lastNs) return "";
  if (!passed) return `the input ends at ${formatClock(lastNs)}, before ${formatClock(at)}\n`;
  if (at - lastNs < SILENCE_NS) return "";
  return `the last message up to ${formatClock(at)} came at ${formatClock(lastNs)}\n`;
}

function ladder({ bids, asks }: Book): string[][] {
  return Array.from({ length: Math.max(bids.length, asks.length) }, (_, row) => [
    ...cells(bids[row]).toReversed(),
    ...cells(asks[row]),
  ]);
}

/** Price, size, orders; empty where a side has no such level. */
function cells(level: Level | undefined): string[] {
  return level === undefined
    ? ["", "", ""]
    : [priceText(level.price), formatCount(level.size), formatCount(level.orders)];
}

export function priceText(price: number): string {
  return (price / 1e4).toFixed(4);
}
