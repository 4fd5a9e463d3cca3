/** The two hashes of an exchange, written from their documents. */

import { type Book, everyOrder, GTD, isForAuction, type Order } from "./book.ts";
import type { Exchange } from "./exchange.ts";

/** Bytes of integers, little-endian. */
class Stream {
  readonly bytes: number[] = [];

  /** A whole number of `width` bytes, as two's complement. */
  add(width: number, ...values: readonly number[]): void {
    for (const value of values) {
      let rest = value;
      for (let byte = 0; byte < width; byte++) {
        this.bytes.push(((rest % 256) + 256) % 256);
        rest = Math.floor(rest / 256);
      }
    }
  }

  letters(text: string): void {
    for (const letter of text) this.bytes.push(letter.charCodeAt(0));
  }

  /** FNV-1a, 64 bits, in hexadecimal. */
  hash(): string {
    let state = 0xcbf29ce484222325n;
    for (const byte of this.bytes) state = BigInt.asUintN(64, (state ^ BigInt(byte)) * 0x100000001b3n);
    return state.toString(16).padStart(16, "0");
  }
}

function ascending(exchange: Exchange): Book[] {
  return [...exchange.books.values()].toSorted((one, other) => one.symbol - other.symbol);
}

/** `docs/state-hash.md`: the shown books. */
export function booksHash(exchange: Exchange): string {
  const stream = new Stream();
  for (const { symbol, sides } of ascending(exchange)) {
    for (const side of ["B", "S"] as const) {
      if (sides[side].length === 0) continue;
      stream.add(2, symbol);
      stream.letters(side);
      for (const { reference, price, shown } of sides[side]) {
        stream.add(8, reference, price);
        stream.add(4, shown);
      }
    }
  }
  return stream.hash();
}

/** `docs/engine-rules.md`: everything but engine time. */
export function stateHash(exchange: Exchange): string {
  const stream = new Stream();
  const { blocks } = exchange;
  stream.add(8, exchange.sequence, exchange.matches);
  stream.add(1, blocks.has("all") ? 1 : 0);
  const accounts = [...blocks].filter((key) => key.startsWith("account ")).map((key) => Number(key.slice(8)));
  stream.add(2, ...accounts.toSorted((one, other) => one - other));
  for (const book of ascending(exchange)) {
    const { symbol, state, auction, last, reference } = book;
    const blocked = blocks.has(`symbol ${symbol}`);
    const idle = state === "T" && last === 0 && reference === 0 && !blocked && everyOrder(book).length === 0;
    if (idle) continue;
    stream.add(2, symbol);
    stream.letters(state + auction);
    stream.add(1, blocked ? 1 : 0);
    stream.add(8, last, reference);
    for (const order of [...book.sides.B, ...book.sides.S]) write(stream, "B", order);
    for (const order of book.market) write(stream, "M", order);
    for (const order of book.stops) write(stream, "S", order);
    for (const order of book.waiting) write(stream, "W", order);
  }
  return stream.hash();
}

function write(stream: Stream, place: string, order: Order): void {
  const { side, kind, tif, selfTrade, account, id, reference, price, open, shown, display, traded } = order;
  const stop = place === "S";
  const ranked = tif === GTD || isForAuction(tif) || place !== "B";
  stream.letters(place + side);
  stream.add(1, kind, tif, selfTrade);
  stream.add(2, account);
  stream.add(8, id, reference, price);
  stream.add(4, open, shown, display, Math.min(traded, 2 ** 32 - 1));
  stream.add(8, stop ? order.trigger : 0);
  stream.add(4, stop ? order.minimum : 0);
  stream.add(8, tif === GTD ? order.expiry : 0, ranked ? order.accepted : 0);
}
