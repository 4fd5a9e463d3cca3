/**
 * Random commands over every kind of order, crowded into few prices, ids and accounts so that they meet. One number decides one
 * command: a failing flow shrinks by losing commands.
 */

import { PLAIN, type Spec } from "./exchange/book.ts";
import type { Command } from "./exchange/command.ts";

export interface FlowSettings {
  readonly capacity: number;
  readonly selfTrade: number;
  /** Whether only the symbols of {@link TABLE} are known. */
  readonly table: boolean;
}

export interface Flow {
  readonly settings: FlowSettings;
  readonly commands: readonly Command[];
}

export const TABLE: ReadonlyMap<number, Spec> = new Map([
  [1, PLAIN],
  [2, { ...PLAIN, state: "Q" }],
  [3, { tick: 5, lot: 10, band: 8, reference: 100, state: "T" }],
  [4, { ...PLAIN, state: "H", reference: 99 }],
]);

const STATES: Readonly<Record<string, string>> = { T: "trading", Q: "auction", H: "halted", P: "paused", C: "closed" };

/** The table as `--symbols` reads it. */
export function tableText(): string {
  const rows = [...TABLE].map(([locate, { tick, lot, band, reference, state }]) =>
    [locate, `S${locate}`, 4, tick, lot, band, reference, STATES[state]].join(","),
  );
  return ["locate,symbol,unit,tick,lot,band,reference,state", ...rows, ""].join("\n");
}

const SESSION = 2 ** 48;
/** Mostly one busy symbol, one with rules, now and then one that is not known. */
const SYMBOLS = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 3, 3, 3, 4, 0, 9] as const;

/** Draws from one seed (SplitMix32). */
class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** One of 0 to `bound` - 1. */
  below(bound: number): number {
    this.#state = (this.#state + 0x9e3779b9) | 0;
    let mixed = this.#state ^ (this.#state >>> 16);
    mixed = Math.imul(mixed, 0x21f0aaad);
    mixed ^= mixed >>> 15;
    mixed = Math.imul(mixed, 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) % bound;
  }

  from(low: number, high: number): number {
    return low + this.below(high - low);
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  oneOf<T>(values: readonly T[]): T {
    return values[this.below(values.length)]!;
  }

  id(): number {
    const draw = this.below(80);
    if (draw === 0) return 0;
    return draw < 10 ? SESSION + this.from(1, 6) : this.from(1, 40);
  }

  price(): number {
    const draw = this.below(60);
    if (draw === 0) return this.oneOf([-1, 0, 2 ** 20, 2 ** 40, 2 ** 52]);
    if (draw < 3) return this.from(1, 2000);
    return draw < 17 ? this.from(18, 23) * 5 : this.from(95, 106);
  }

  quantity(): number {
    const draw = this.below(40);
    if (draw === 0) return this.oneOf([0, 2 ** 32 - 1]);
    return draw < 21 ? this.from(1, 30) : this.from(1, 7) * 10;
  }

  /** Two icebergs of 2^32 shares that show one at a time would trade four thousand million times. */
  display(quantity: number): number {
    return quantity < 1000 && this.chance(40) ? this.from(1, 12) : 0;
  }
}

function newOrder(dice: Dice): Command {
  const quantity = dice.quantity();
  const long = dice.chance(50);
  const stop = long && dice.chance(25);
  const kind = stop ? dice.from(2, 4) : dice.chance(15) ? 1 : 0;
  const tif = dice.chance(45) ? dice.from(1, long ? 7 : 4) : 0;
  const isUsual = !((tif === 3 && kind !== 0) || (tif > 3 && tif < 6 && stop)) || dice.chance(5);
  const short = {
    side: dice.chance(99) ? dice.oneOf(["B", "S"]) : "X",
    symbol: dice.oneOf(SYMBOLS),
    kind: dice.below(400) === 0 ? 4 : kind,
    tif: dice.below(400) === 0 ? 7 : isUsual ? tif : 0,
    account: dice.below(3),
    id: dice.id(),
    price: dice.price(),
    quantity,
    display: dice.display(quantity),
  };
  if (!long) return { type: "N", ...short };
  return {
    type: "L",
    ...short,
    trigger: stop ? dice.price() : 0,
    expiry: dice.below(60),
    minimum: dice.chance(15) ? dice.from(1, 40) : 0,
    selfTrade: dice.below(200) === 0 ? 5 : dice.below(5),
  };
}

function replace(dice: Dice): Command {
  const quantity = dice.quantity();
  const flags = dice.chance(2) ? 4 : dice.oneOf([0, 0, 1, 2, 3]);
  const where = { symbol: dice.oneOf(SYMBOLS), id: dice.id(), price: dice.price() };
  return { type: "U", ...where, quantity, display: dice.display(quantity), flags };
}

function cancel(dice: Dice): Command {
  const quantity = dice.oneOf([0, 10, dice.from(1, 20), dice.from(1, 20)]);
  return { type: "C", symbol: dice.oneOf(SYMBOLS), id: dice.id(), quantity };
}

function tradingState(dice: Dice): Command {
  const price = dice.oneOf([-7, dice.from(95, 106), dice.from(95, 106), 0, 0, 0]);
  const auction = dice.oneOf(["O", "C", "\0", "x"]);
  const to = dice.chance(2) ? "x" : dice.oneOf([..."TTTTTTTTTTTTQQQQQQQQQQHPC"]);
  return { type: "T", symbol: dice.oneOf(SYMBOLS), state: to, auction, price };
}

function massCancel(dice: Dice): Command {
  const action = dice.oneOf([0, 0, 0, 1, 2, 2, 2, 2, 3]);
  const whose = { symbol: dice.oneOf(SYMBOLS), account: dice.below(3), session: dice.below(2) };
  return { type: "K", scope: dice.below(9), action, ...whose };
}

/** The command of a number, mostly well-formed. */
export function commandOf(seed: number): Command {
  const dice = new Dice(seed);
  const draw = dice.below(100);
  if (draw < 56) return newOrder(dice);
  if (draw < 69) return cancel(dice);
  if (draw < 89) return replace(dice);
  if (draw < 96) return tradingState(dice);
  return draw === 96 ? massCancel(dice) : { type: "Z", time: dice.below(60) };
}

/** The settings of a number, now and then with little room. */
export function settingsOf(seed: number): FlowSettings {
  const dice = new Dice(seed);
  const capacity = dice.chance(15) ? dice.from(1, 12) : 1000;
  return { capacity, selfTrade: dice.below(5), table: dice.chance(50) };
}
