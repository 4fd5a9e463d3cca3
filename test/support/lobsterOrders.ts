/**
 * A LOBSTER message file as orders: what came to rest is entered, what left is cancelled, and an execution is an
 * immediate-or-cancel order from the other side, so that an engine has to find the order which the exchange chose.
 *
 * Not knowable, and so left out: executions of hidden orders, and whatever happened to orders from before the file. An execution
 * that went past a visible order in front of it (the exchange ranks some orders at another price than it shows) is entered as
 * a reduction: no engine could choose that order from what the file says.
 *
 *     bun test/support/lobsterOrders.ts AAPL_..._message_50.csv | hftz match --reports none
 */

import { readFileSync, writeSync } from "node:fs";
import { type Command, encode } from "../oracle/exchange/command.ts";

/** An execution that an engine must reproduce. */
export interface Execution {
  /** Of the order that trades against the resting one. */
  readonly id: number;
  readonly resting: number;
  readonly price: number;
  readonly quantity: number;
}

export interface OrderDay {
  readonly commands: readonly Command[];
  readonly executions: readonly Execution[];
  /** Events of each kind that are in the file and not knowable. */
  readonly unknown: { hidden: number; before: number; outOfTurn: number };
  /** Orders that rest at the end. */
  readonly live: number;
}

interface Resting {
  readonly side: "B" | "S";
  readonly price: number;
  left: number;
}

/** Ids of the orders that the engine trades against begin here, above every id of the file. */
const TAKERS = 2 ** 40;

/** The visible book, order by order. */
class Visible {
  readonly orders = new Map<number, Resting>();
  /** Ids at each price of a side, first come first. */
  readonly #queues = { B: new Map<number, number[]>(), S: new Map<number, number[]>() };

  add(id: number, order: Resting): void {
    this.orders.set(id, order);
    const queue = this.#queues[order.side].get(order.price);
    if (queue === undefined) this.#queues[order.side].set(order.price, [id]);
    else queue.push(id);
  }

  reduce(id: number, by: number): void {
    const order = this.orders.get(id)!;
    order.left -= by;
    if (order.left > 0) return;
    const queues = this.#queues[order.side];
    const rest = queues.get(order.price)!.filter((other) => other !== id);
    if (rest.length > 0) queues.set(order.price, rest);
    else queues.delete(order.price);
    this.orders.delete(id);
  }

  /** Whether it is the one to trade next: the best price of its side, and the first there. */
  isNext(id: number): boolean {
    const { side, price } = this.orders.get(id)!;
    const queues = this.#queues[side];
    const best = side === "B" ? Math.max(...queues.keys()) : Math.min(...queues.keys());
    return price === best && queues.get(price)![0] === id;
  }
}

export function ordersOf(messages: string): OrderDay {
  const commands: Command[] = [];
  const executions: Execution[] = [];
  const unknown = { hidden: 0, before: 0, outOfTurn: 0 };
  const book = new Visible();
  for (const line of messages.trimEnd().split("\n")) {
    const [, kind = 0, id = 0, quantity = 0, price = 0, direction = 0] = line.split(",").map(Number);
    const side = direction > 0 ? "B" : "S";
    if (kind === 1) {
      commands.push({ type: "N", symbol: 1, side, id, price, quantity });
      book.add(id, { side, price, left: quantity });
    } else if (kind === 5) unknown.hidden += 1;
    else if (!book.orders.has(id)) unknown.before += 1;
    else if (kind === 4 && book.isNext(id)) {
      const taker = TAKERS + executions.length;
      commands.push({ type: "N", symbol: 1, side: side === "B" ? "S" : "B", id: taker, price, quantity, tif: 1 });
      executions.push({ id: taker, resting: id, price, quantity });
      book.reduce(id, quantity);
    } else {
      if (kind === 4) unknown.outOfTurn += 1;
      commands.push({ type: "C", symbol: 1, id, quantity });
      book.reduce(id, quantity);
    }
  }
  return { commands, executions, unknown, live: book.orders.size };
}

if (import.meta.main) {
  const path = process.argv[2];
  if (path === undefined) throw new Error("give a LOBSTER message file");
  const bytes = encode(ordersOf(readFileSync(path, "utf8")).commands);
  for (let at = 0; at < bytes.length;) at += writeSync(1, bytes, at);
}
