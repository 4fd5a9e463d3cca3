/** What must hold of any exchange's reports, whatever its rules are made of: judged from commands and reports alone. */

import type { Command } from "./exchange/command.ts";
import type { Report } from "./exchange/report.ts";

const BUY = "B".charCodeAt(0);

export class Auditor {
  /** Open quantity of the accepted orders. */
  readonly #open = new Map<number, number>();
  /** Self-trade mode of every order there was. */
  readonly #modes = new Map<number, number>();
  #sequence = 0;
  #match = 0;
  /** The first fill of a trade whose second is still to come. */
  #resting: Report | undefined;

  constructor(readonly defaultSelfTrade: number) {}

  /**
   * Judges the reports that one command caused.
   * @throws Error with the first one that cannot be.
   */
  check(command: Command, reports: readonly Report[]): void {
    const prices = new Map<number, number>();
    for (const report of reports) {
      this.#sequence += 1;
      must(report.sequence === this.#sequence, "a gap in the sequence", report);
      this.#conserve(command, report);
      if (report.kind === "F") this.#trade(command, report, prices);
    }
    must(this.#resting === undefined, "a trade with one side", this.#resting);
    checkFok(command, reports);
  }

  /** Quantity is conserved: the open of every report follows from the one before it. */
  #conserve(command: Command, report: Report): void {
    const { kind, id, open, quantity } = report;
    if (kind === "J") return;
    if (kind === "A") this.#modes.set(id, command.type === "L" ? (command.selfTrade ?? 0) : this.defaultSelfTrade);
    const sets = kind === "A" || kind === "U";
    const before = this.#open.get(id);
    must(kind === "A" || before !== undefined, "a report about no order", report);
    const left = sets ? quantity : kind === "T" ? (before ?? 0) : (before ?? 0) - quantity;
    must(left === open, `${left} should be open`, report);
    must(kind === "F" || report.match === 0, "a match number without a trade", report);
    if (open === 0) this.#open.delete(id);
    else this.#open.set(id, open);
  }

  /** Two fills make a trade; an incoming order never gets a better price after a worse one, nor trades with its owner. */
  #trade(command: Command, report: Report, prices: Map<number, number>): void {
    const resting = this.#resting;
    if (resting === undefined) {
      this.#match += 1;
      must(report.match === this.#match, "a gap in the match numbers", report);
      this.#resting = report;
      return;
    }
    this.#resting = undefined;
    const { match, price, quantity, side, account } = resting;
    const same = report.match === match && report.price === price && report.quantity === quantity;
    must(same && report.side !== side, "the sides of a trade differ", report);
    // An uncross has one price, no incoming order, and lets an owner trade with itself.
    if (command.type === "T") return;
    const before = prices.get(report.id) ?? price;
    must(report.side === BUY ? price >= before : price <= before, "a better price stood behind a worse one", report);
    prices.set(report.id, price);
    const limit = report.id === command.id && command.kind === 0 ? command.price : undefined;
    const within = limit === undefined || (report.side === BUY ? price <= limit : price >= limit);
    must(within, "beyond the order's limit", report);
    const own = account !== 0 && account === report.account;
    must(!own || this.#modes.get(report.id) === 0, "a trade with its owner", report);
  }
}

/** All or nothing: judged of orders that enter at once. */
function checkFok({ type, id = 0, tif = 0, kind = 0 }: Command, reports: readonly Report[]): void {
  const first = reports[0];
  if ((type !== "N" && type !== "L") || tif !== 2 || kind > 1 || first?.kind !== "A") return;
  const own = reports.filter((report) => report.id === id);
  const traded = own.reduce((sum, { kind: what, quantity }) => sum + (what === "F" ? quantity : 0), 0);
  must(traded === 0 || traded === first.quantity, "part of a fill-or-kill order traded", first);
}

function must(holds: boolean, what: string, report: Report | undefined): void {
  if (!holds) throw failure(what, report);
}

function failure(what: string, report: Report | undefined): Error {
  return new Error(`${what}: ${JSON.stringify(report)}`);
}
