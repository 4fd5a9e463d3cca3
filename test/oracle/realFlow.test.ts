/** Real order flow: an hour of AAPL fed as orders makes the trades that it made. */

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { ordersOf } from "../support/lobsterOrders.ts";
import { realFile } from "../support/realData.ts";
import { throughEngine } from "./drive.ts";
import { readReports } from "./exchange/report.ts";

test("AAPL's hour fed as orders reproduces its executions as far as they are knowable", () => {
  const path = realFile("lobster", "AAPL_2012-06-21_34200000_37800000_message_50.csv");
  if (path === undefined) return;
  const { commands, executions, unknown, live } = ordersOf(readFileSync(path, "utf8"));
  expect(unknown).toEqual({ hidden: 2201, before: 84, outOfTurn: 24 });
  const settings = { capacity: 1 << 16, selfTrade: 0, table: false };
  const { reports, figures } = throughEngine({ settings, commands }, "");
  const fills = readReports(reports).filter(({ kind }) => kind === "F");
  const trades = Array.from({ length: fills.length / 2 }, (_, index) => {
    const [resting, taker] = [fills[2 * index]!, fills[2 * index + 1]!];
    return { id: taker.id, resting: resting.id, price: taker.price, quantity: taker.quantity };
  });
  // Every trade of the hour: the same order, price and shares, in the same order, and no trade beside them.
  expect(trades).toEqual([...executions]);
  expect(figures["live"]).toBe(live);
});
