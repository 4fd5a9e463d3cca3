/** Rule 11: the checks before acceptance, in their order. A check gives the reason to reject, 0 for none. */

import {
  accepts,
  type Book,
  GTD,
  isForAuction,
  isPriced,
  isStop,
  LIMIT,
  opposite,
  type Order,
  POST_ONLY,
  type Side,
} from "./book.ts";
import type { Command } from "./command.ts";

/** What the checks need to know of the exchange. */
export interface Surroundings {
  /** Undefined for a symbol that is not known. */
  readonly book: Book | undefined;
  readonly blocked: boolean;
  readonly time: number;
  readonly full: boolean;
  readonly taken: boolean;
}

function isMalformed({ type, side, kind = 0, tif = 0, id = 0, selfTrade = 0 }: Command): boolean {
  const long = type === "L";
  if ((side !== "B" && side !== "S") || id === 0) return true;
  if (kind > (long ? 3 : 1) || tif > (long ? 6 : 3) || (long && selfTrade > 4)) return true;
  return (tif === POST_ONLY && kind !== LIMIT) || (isForAuction(tif) && isStop(kind));
}

const isOffGrid = (price: number, tick: number): boolean => price <= 0 || price % tick !== 0;
const isOddLot = (quantity: number, { spec }: Book): boolean => quantity % spec.lot !== 0;
const isOpen = ({ state }: Book): boolean => state === "T" || state === "Q";

function isOutsideBand(price: number, { spec, reference }: Book): boolean {
  return spec.band > 0 && reference > 0 && Math.abs(price - reference) > spec.band;
}

function wouldTake(book: Book, side: Side, price: number): boolean {
  const best = book.sides[opposite(side)][0];
  return book.state === "T" && best !== undefined && accepts(side, price, best.price);
}

export function checkNew(c: Command, { book, blocked, time, full, taken }: Surroundings): number {
  const { kind = 0, tif = 0, price = 0, quantity = 0, trigger = 0, expiry = 0, minimum = 0 } = c;
  if (isMalformed(c)) return 18;
  if (blocked) return 19;
  if (book === undefined) return 3;
  if (!isOpen(book)) return 11;
  if (taken) return 2;
  if (quantity === 0 || minimum > quantity || isOddLot(quantity, book)) return 4;
  if (isPriced(kind) && isOffGrid(price, book.spec.tick)) return 5;
  if (isStop(kind) && isOffGrid(trigger, book.spec.tick)) return 5;
  if (tif === GTD && expiry <= time) return 16;
  if (isPriced(kind) && isOutsideBand(price, book)) return 12;
  if (full) return 13;
  if (tif === POST_ONLY && wouldTake(book, c.side as Side, price)) return 6;
  return 0;
}

export function checkCancel(
  { id = 0, quantity = 0 }: Command,
  book: Book | undefined,
  order: Order | undefined,
): number {
  if (id === 0) return 18;
  if (book === undefined) return 3;
  if (order === undefined) return 1;
  return isOddLot(quantity, book) ? 4 : 0;
}

/** `order` is the live order it names, if there is one. */
export function checkReplace(c: Command, order: Order | undefined, { book, blocked }: Surroundings): number {
  const { id = 0, flags = 0, quantity = 0, price = 0 } = c;
  if (id === 0 || flags > 3) return 18;
  if (blocked) return 19;
  if (book === undefined) return 3;
  if (!isOpen(book)) return 11;
  if (order === undefined) return 1;
  if (quantity === 0 || isOddLot(quantity, book)) return 4;
  if (isPriced(order.kind) && isOffGrid(price, book.spec.tick)) return 5;
  if (isPriced(order.kind) && isOutsideBand(price, book)) return 12;
  // A total that has traded already ends the order: nothing is left that could take.
  const over = (flags & 1) !== 0 && quantity <= order.traded;
  return order.tif === POST_ONLY && !over && wouldTake(book, order.side, price) ? 6 : 0;
}
