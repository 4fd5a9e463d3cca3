/** Rule 9: the uncross. */

import { accepts, type Book, everyOrder, isForAuction, isMarket, type Order, type Side } from "./book.ts";
import type { Exchange } from "./exchange.ts";

/** One side of an auction at a price, in the order in which it trades: market orders first. */
function eligible({ market, sides }: Book, side: Side, price: number): Order[] {
  return [
    ...market.filter((order) => order.side === side),
    ...sides[side].filter((order) => accepts(side, order.price, price)),
  ];
}

/** The price that trades the most; undefined when nothing can trade. */
function crossPrice(book: Book): number | undefined {
  const limits = [...book.sides.B, ...book.sides.S].map(({ price }) => price);
  const prices = [...new Set(book.reference > 0 ? [...limits, book.reference] : limits)];
  const open = (side: Side, price: number): number =>
    eligible(book, side, price).reduce((sum, order) => sum + order.open, 0);
  const candidates = prices.map((price) => {
    const [buy, sell] = [open("B", price), open("S", price)];
    return { price, volume: Math.min(buy, sell), surplus: buy - sell };
  });
  const volume = Math.max(0, ...candidates.map((one) => one.volume));
  if (volume === 0) return undefined;
  const most = candidates.filter((one) => one.volume === volume);
  const imbalance = Math.min(...most.map(({ surplus }) => Math.abs(surplus)));
  const tied = most.filter(({ surplus }) => Math.abs(surplus) === imbalance);
  const tiedPrices = tied.map(({ price }) => price);
  if (tied.every(({ surplus }) => surplus > 0)) return Math.max(...tiedPrices);
  if (tied.every(({ surplus }) => surplus < 0)) return Math.min(...tiedPrices);
  const away = (price: number): number => Math.abs(price - book.reference);
  return tiedPrices.toSorted((one, other) => away(one) - away(other) || one - other)[0];
}

/** Trades the first buy with the first sell, at one price, until one side is out. */
export function uncross(exchange: Exchange, book: Book): void {
  const price = crossPrice(book);
  if (price === undefined) return;
  const [buys, sells] = [eligible(book, "B", price), eligible(book, "S", price)];
  while (buys.length > 0 && sells.length > 0) {
    const quantity = Math.min(buys[0]!.open, sells[0]!.open);
    exchange.matches += 1;
    for (const side of [buys, sells]) {
      fillInAuction(exchange, side[0]!, price, quantity);
      if (side[0]!.open === 0) side.shift();
    }
  }
  book.last = price;
  book.reference = price;
}

/** An order that traded in an uncross: refilled in its place as often as its shown part was used up. */
function fillInAuction(exchange: Exchange, order: Order, price: number, quantity: number): void {
  const inBook = exchange.books.get(order.symbol)!.sides[order.side].includes(order);
  const sequence = exchange.fill(order, price, quantity);
  if (order.open === 0) return exchange.remove(order);
  if (!inBook) return;
  order.shown -= quantity;
  if (order.shown > 0) return;
  // Whole parts went by; what is left of the last of them is shown now, and never more than is open.
  const part = order.display === 0 ? Infinity : order.display;
  order.shown = Math.min(order.open, part - (-order.shown % part));
  order.reference = sequence;
}

/** What took part and may not outlive the auction, oldest acceptance first. */
export function endAuction(exchange: Exchange, book: Book): void {
  const over = everyOrder(book)
    .filter((order) => !book.stops.includes(order) && !book.waiting.includes(order))
    .filter((order) => isMarket(order) || isForAuction(order.tif))
    .toSorted((one, other) => one.accepted - other.accepted);
  for (const order of over) {
    if (isForAuction(order.tif)) exchange.expire(order);
    else exchange.cancel(order, 9);
  }
}
