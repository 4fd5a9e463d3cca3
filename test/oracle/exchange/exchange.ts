/**
 * An exchange in the most obvious way: lists in the order of priority, every rule in the words of the contract
 * (`docs/engine-rules.md`). It is the oracle for the native engine and knows nothing of its data structures. Rule numbers are
 * the contract's.
 */

import { endAuction, uncross } from "./auction.ts";
import {
  accepts,
  AT_OPEN,
  type Book,
  everyOrder,
  GTD,
  isForAuction,
  isStop,
  leave,
  LIMIT,
  MARKET,
  newBook,
  type Order,
  PLAIN,
  type Side,
  type Spec,
  STOP,
} from "./book.ts";
import { checkCancel, checkNew, checkReplace } from "./checks.ts";
import type { Command } from "./command.ts";
import { ReportTape } from "./report.ts";
import { arrive, settle } from "./trading.ts";

export interface Settings {
  readonly capacity: number;
  /** The mode of orders that bring none. */
  readonly selfTrade: number;
  /** Without a table every symbol is known. */
  readonly table: ReadonlyMap<number, Spec> | undefined;
}

export class Exchange {
  readonly tape = new ReportTape();
  readonly books = new Map<number, Book>();
  readonly live = new Map<number, Order>();
  /** Kill switches that are on: `all`, `symbol 7`, `account 3`. */
  readonly blocks = new Set<string>();
  readonly #elected = new Set<Order>();
  sequence = 0;
  matches = 0;
  #time = 0;

  constructor(readonly settings: Settings) {
    settings.table?.forEach((spec, symbol) => this.books.set(symbol, newBook(symbol, spec)));
  }

  apply(command: Command): void {
    switch (command.type) {
      case "N":
      case "L":
        return this.#enterNew(command);
      case "C":
        return this.#cancel(command);
      case "U":
        return this.#replace(command);
      case "K":
        return this.#massCancel(command);
      case "T":
        return this.#changeState(command);
      default:
        return this.#clock(command.time ?? 0);
    }
  }

  /** The symbol's book; undefined when the symbol is not known. */
  book(symbol: number): Book | undefined {
    if (symbol === 0) return undefined;
    if (!this.books.has(symbol) && this.settings.table === undefined) this.books.set(symbol, newBook(symbol, PLAIN));
    return this.books.get(symbol);
  }

  /** One report about an order; its sequence number. */
  report(
    kind: string,
    order: Order,
    reason: number,
    quantity: number,
    open: number,
    price = order.price,
    match = 0,
  ): number {
    this.sequence += 1;
    const { symbol, account, id } = order;
    const side = order.side.charCodeAt(0);
    this.tape.push({ kind, symbol, side, reason, account, sequence: this.sequence, id, price, quantity, open, match });
    return this.sequence;
  }

  #reject(
    c: Command,
    reason: number,
    { side = "\0", account = 0, open = 0 }: Partial<Omit<Order, "side">> & { side?: string },
  ): void {
    this.sequence += 1;
    const named = "NLCU".includes(c.type);
    const price = named && c.type !== "C" ? (c.price ?? 0) : 0;
    const [id, quantity] = named ? [c.id ?? 0, c.quantity ?? 0] : [0, 0];
    const about = { symbol: c.symbol ?? 0, side: side.charCodeAt(0), account, id, price, quantity, open };
    this.tape.push({ kind: "J", reason, sequence: this.sequence, match: 0, ...about });
  }

  /** The order is over: it leaves its book and the engine. */
  remove(order: Order): void {
    leave(this.books.get(order.symbol)!, order);
    this.live.delete(order.id);
  }

  /** Cancels `quantity` of an order, all of it if nothing is left; reserve goes first. */
  cancel(order: Order, reason: number, quantity = order.open): void {
    order.open -= quantity;
    order.shown = Math.min(order.shown, order.open);
    this.report("C", order, reason, quantity, order.open);
    if (order.open === 0) this.remove(order);
  }

  expire(order: Order): void {
    this.report("X", order, 16, order.open, 0);
    this.remove(order);
  }

  #isBlocked(symbol: number, account: number | undefined): boolean {
    const { blocks } = this;
    return blocks.has("all") || blocks.has(`symbol ${symbol}`) || blocks.has(`account ${account}`);
  }

  #enterNew(c: Command): void {
    const { symbol = 0, id = 0, account = 0, price = 0, quantity = 0, kind = 0, tif = 0, minimum = 0 } = c;
    const book = this.book(symbol);
    const blocked = this.#isBlocked(symbol, account);
    const full = this.live.size >= this.settings.capacity;
    const reason = checkNew(c, { book, blocked, time: this.#time, full, taken: this.live.has(id) });
    if (book === undefined || reason !== 0) {
      return this.#reject(c, reason, { side: c.side ?? "\0", account });
    }
    const selfTrade = c.type === "L" ? (c.selfTrade ?? 0) : this.settings.selfTrade;
    const { display = 0, trigger = 0, expiry = 0 } = c;
    const side = c.side as Side;
    const fixed = { id, symbol, side, account, tif, selfTrade, trigger, expiry, minimum };
    const order: Order = {
      ...fixed,
      kind,
      price,
      open: quantity,
      shown: 0,
      display,
      traded: 0,
      accepted: 0,
      reference: 0,
    };
    order.accepted = this.report("A", order, 0, quantity, quantity);
    order.reference = order.accepted;
    this.live.set(id, order);
    if (isForAuction(tif)) this.#holdForAuction(book, order);
    else if (isStop(kind)) book.stops.push(order);
    else arrive(this, book, order, minimum);
    this.#elect(book);
  }

  /** An at-open or at-close order cannot trade at once, so a minimum ends it; else it waits for its auction. */
  #holdForAuction(book: Book, order: Order): void {
    if (order.minimum > 0) return this.cancel(order, 20);
    book.waiting.push(order);
    this.#joinAuction(book);
  }

  /** In an auction the orders that waited for it join it, in order of acceptance. */
  #joinAuction(book: Book): void {
    const mine = ({ tif }: Order): boolean => book.auction === (tif === AT_OPEN ? "O" : "C");
    for (const order of book.waiting.filter(mine)) {
      leave(book, order);
      settle(book, order);
    }
  }

  /** One side of a trade; its sequence number. */
  fill(order: Order, price: number, quantity: number): number {
    order.open -= quantity;
    order.traded += quantity;
    return this.report("F", order, 0, quantity, order.open, price, this.matches);
  }

  /** Rule 7. */
  #elect(book: Book): void {
    while (book.state === "T") {
      const { last } = book;
      const reached = ({ side, trigger }: Order): boolean => last > 0 && accepts(side, last, trigger);
      book.stops.filter(reached).forEach((order) => this.#elected.add(order));
      const next = book.stops.find((order) => this.#elected.has(order));
      if (next === undefined) return;
      this.#elected.delete(next);
      leave(book, next);
      next.kind = next.kind === STOP ? MARKET : LIMIT;
      next.reference = this.report("T", next, 0, next.open, next.open);
      arrive(this, book, next, next.minimum);
    }
  }

  /** The live order that a message names, in its own symbol. */
  #named({ id = 0, symbol = 0 }: Command): Order | undefined {
    const order = this.live.get(id);
    return order?.symbol === symbol ? order : undefined;
  }

  #cancel(c: Command): void {
    const order = this.#named(c);
    const reason = checkCancel(c, this.book(c.symbol ?? 0), order);
    if (order === undefined || reason !== 0) return this.#reject(c, reason, order ?? {});
    this.cancel(
      order,
      14,
      c.quantity === 0 || c.quantity === undefined ? order.open : Math.min(c.quantity, order.open),
    );
  }

  #replace(c: Command): void {
    const { symbol = 0, price = 0, quantity = 0, display = 0, flags = 0 } = c;
    const order = this.#named(c);
    const book = this.book(symbol);
    const blocked = this.#isBlocked(symbol, order?.account);
    const reason = checkReplace(c, order, { book, blocked, time: this.#time, full: false, taken: false });
    if (book === undefined || order === undefined || reason !== 0) return this.#reject(c, reason, order ?? {});
    const open = (flags & 1) === 0 ? quantity : quantity - order.traded;
    if (open <= 0) return this.cancel(order, 14);
    const grows = open > order.open;
    const moves = price !== order.price;
    const toTail = (flags & 2) !== 0;
    Object.assign(order, { price, open, display, shown: Math.min(order.shown, open) });
    const sequence = this.report("U", order, 0, open, open);
    if (book.market.includes(order)) {
      if (!grows && !toTail) return;
      leave(book, order);
      book.market.push(order);
      order.reference = sequence;
    } else if (book.sides[order.side].includes(order) && (grows || moves || toTail)) {
      leave(book, order);
      order.reference = sequence;
      arrive(this, book, order, 0);
      this.#elect(book);
    }
  }

  #massCancel(c: Command): void {
    const { scope = 0, action = 0, symbol = 0, account = 0, session = 0 } = c;
    if (scope > 7 || action > 2 || (action !== 0 && scope > 2)) return this.#reject(c, 18, {});
    const [bySymbol, byAccount, bySession] = [(scope & 1) !== 0, (scope & 2) !== 0, (scope & 4) !== 0];
    if (bySymbol && this.book(symbol) === undefined) return this.#reject(c, 3, {});
    const meant = (order: Order): boolean =>
      (!bySymbol || order.symbol === symbol) &&
      (!byAccount || order.account === account) &&
      (!bySession || Math.floor(order.id / 2 ** 48) === session);
    if (action !== 2)
      this.#everyOrder()
        .filter(meant)
        .forEach((order) => this.cancel(order, 15));
    const key = ["all", `symbol ${symbol}`, `account ${account}`][scope]!;
    if (action === 1) this.blocks.add(key);
    else if (action === 2) this.blocks.delete(key);
  }

  #everyOrder(): Order[] {
    return [...this.books.values()].toSorted((one, other) => one.symbol - other.symbol).flatMap(everyOrder);
  }

  #changeState(c: Command): void {
    const { symbol = 0, state = "\0", auction = "\0", price = 0 } = c;
    if (!"TQHPC".includes(state)) return this.#reject(c, 18, {});
    const book = this.book(symbol);
    if (book === undefined) return this.#reject(c, 3, {});
    const entersTrading = state === "T" && book.state !== "T";
    book.state = state;
    book.auction = state === "Q" && "OC".includes(auction) ? auction : "\0";
    if (price > 0) book.reference = price;
    if (state === "Q") this.#joinAuction(book);
    if (state === "C") everyOrder(book).forEach((order) => this.expire(order));
    if (entersTrading) {
      uncross(this, book);
      endAuction(this, book);
    }
    this.#elect(book);
  }

  #clock(time: number): void {
    if (time <= this.#time) return;
    this.#time = time;
    const due = [...this.live.values()].filter(({ tif, expiry }) => tif === GTD && expiry <= time);
    due.sort((one, other) => one.expiry - other.expiry || one.accepted - other.accepted);
    due.forEach((order) => this.expire(order));
  }
}
