/** How an order that arrives trades: rules 1, 2, 3, 6 and 8. */

import { accepts, type Book, FOK, IOC, isMarket, join, leave, opposite, type Order } from "./book.ts";
import type { Exchange } from "./exchange.ts";

/** What is left of an order stays: in the book, or beside it when it is a market order in an auction. */
export function settle(book: Book, order: Order): void {
  if (isMarket(order)) book.market.push(order);
  else join(book, order);
}

/** An order that is in no list arrives now, without checks (rules 2, 3 and 9). */
export function arrive(exchange: Exchange, book: Book, order: Order, minimum: number): void {
  const market = isMarket(order);
  if (book.state === "Q") {
    if (order.tif === FOK) return exchange.cancel(order, 7);
    if (minimum > 0) return exchange.cancel(order, 20);
    if (order.tif === IOC) return exchange.cancel(order, market ? 9 : 8);
    return settle(book, order);
  }
  // A stop may have been replaced to less than its minimum: that much it cannot trade.
  const asks = order.tif === FOK || minimum > 0;
  const possible = asks ? Math.min(order.open, tradable(book, order)) : order.open;
  if (order.tif === FOK && possible < order.open) return exchange.cancel(order, 7);
  if (possible < minimum) return exchange.cancel(order, 20);
  sweep(exchange, book, order);
  if (order.open === 0) exchange.live.delete(order.id);
  else if (market) exchange.cancel(order, 9);
  else if (order.tif === IOC) exchange.cancel(order, 8);
  else join(book, order);
}

function meets(order: Order, resting: Order): boolean {
  return isMarket(order) || accepts(order.side, order.price, resting.price);
}

function isOwn(order: Order, resting: Order): boolean {
  return order.selfTrade !== 0 && order.account !== 0 && order.account === resting.account;
}

/** How much could trade at once (rule 3). */
function tradable(book: Book, order: Order): number {
  const within = book.sides[opposite(order.side)].filter((resting) => meets(order, resting));
  const sum = (orders: readonly Order[], of: (one: Order) => number): number =>
    orders.reduce((total, one) => total + of(one), 0);
  const own = within.findIndex((resting) => isOwn(order, resting));
  if (own < 0) return sum(within, ({ open }) => open);
  if (order.selfTrade === 2) return sum(within, (one) => (isOwn(order, one) ? 0 : one.open));
  // Up to the first own order: at its price a refill would stand behind it, so only what is shown counts.
  const { price } = within[own]!;
  return sum(within.slice(0, own), (one) => (one.price === price ? one.shown : one.open));
}

function sweep(exchange: Exchange, book: Book, order: Order): void {
  const resting = book.sides[opposite(order.side)];
  while (order.open > 0) {
    const first = resting[0];
    if (first === undefined || !meets(order, first)) return;
    if (isOwn(order, first)) preventSelfTrade(exchange, order, first);
    else trade(exchange, book, order, first);
  }
}

/** Rule 8, the resting order's report first. */
function preventSelfTrade(exchange: Exchange, order: Order, first: Order): void {
  const common = Math.min(order.open, first.open);
  const mode = order.selfTrade;
  if (mode !== 1) exchange.cancel(first, 10, mode === 4 ? common : first.open);
  if (mode !== 2) exchange.cancel(order, 10, mode === 4 ? common : order.open);
}

function trade(exchange: Exchange, book: Book, order: Order, first: Order): void {
  const quantity = Math.min(order.open, first.shown);
  exchange.matches += 1;
  book.last = first.price;
  first.shown -= quantity;
  const sequence = exchange.fill(first, first.price, quantity);
  exchange.fill(order, first.price, quantity);
  if (first.open === 0) exchange.remove(first);
  else if (first.shown === 0) {
    // Rule 6: refilled, to the tail of its level.
    first.reference = sequence;
    leave(book, first);
    join(book, first);
  }
}
