/** Real exchange data through the compiled binary. */

import { expect, test } from "bun:test";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hftz, inTemporaryDirectory } from "../support/product.ts";
import { realFile } from "../support/realData.ts";

/** Nasdaq, 2023-08-22: each capture is named after the message that it holds. */
const CAPTURES: Readonly<Record<string, string>> = {
  AddOrderNoMPID: "A",
  AddOrderWithMPID: "F",
  CrossTrade: "Q",
  LULDAuctionCollar: "J",
  MarketParticipantPosition: "L",
  NetOrderImbalanceIndicator: "I",
  NonCrossTrade: "P",
  OrderCancel: "X",
  OrderDelete: "D",
  OrderExecuted: "E",
  OrderExecutedWithPrice: "C",
  OrderReplace: "U",
  RegSHORestriction: "Y",
  StockTradingAction: "H",
  SystemEvent: "S",
};

interface Summary {
  readonly status: number;
  readonly messages: number;
  readonly byType: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, { readonly count: number; readonly firstOffset: number }>>;
  readonly [key: string]: unknown;
}

async function replayed(path: string, ...more: readonly string[]): Promise<Summary> {
  return JSON.parse((await hftz(["replay", path, "--json", ...more])).out) as Summary;
}

test("every Nasdaq capture decodes to its last message, and holds the type it is named after", async () => {
  const folder = realFile("itch50", "nasdaq-2023-08-22");
  if (folder === undefined) return;
  const files = readdirSync(folder).filter((name) => name.endsWith(".pcap"));
  expect(files.map((name) => name.replace(".pcap", "")).toSorted()).toEqual(Object.keys(CAPTURES).toSorted());
  for (const name of files) {
    const summary = await replayed(join(folder, name));
    expect({ name, status: summary.status, faults: summary.faults }).toEqual({ name, status: 0, faults: {} });
    expect(summary.byType[CAPTURES[name.replace(".pcap", "")]!]).toBeGreaterThan(0);
  }
});

test("a capture of several packets decodes completely", async () => {
  const path = realFile("itch50", "multiple-packets.pcap");
  if (path === undefined) return;
  const summary = await replayed(path);
  expect(summary).toMatchObject({ status: 0, faults: {} });
  expect(summary.messages).toBeGreaterThan(1);
});

test.each([
  ["AMZN, one level, a full day", "AMZN_2012-06-21_34200000_57600000", "message_1.csv", "orderbook_1.csv", 57_515],
  ["AAPL, ten levels", "AAPL_2012-06-21_34200000_57600000", "message_10.trunc.csv", "orderbook_10.trunc.csv", 999],
] as const)("LOBSTER %s agrees on every row that can be known", async (_, day, messages, orderbook, rows) => {
  const input = realFile("lobster", `${day}_${messages}`);
  const wanted = realFile("lobster", `${day}_${orderbook}`);
  if (input === undefined || wanted === undefined) return;
  const summary = await replayed(input, "--verify", wanted);
  expect(summary).toMatchObject({
    status: 0,
    rows,
    rowsChecked: rows - 1,
    rowsAgreed: rows - 1,
    firstDifference: null,
  });
});

test("one changed size in a LOBSTER book is found: exit code 4 and the difference in full", async () => {
  const input = realFile("lobster", "AMZN_2012-06-21_34200000_57600000_message_1.csv");
  const orderbook = realFile("lobster", "AMZN_2012-06-21_34200000_57600000_orderbook_1.csv");
  if (input === undefined || orderbook === undefined) return;
  await inTemporaryDirectory(async (folder) => {
    const rows = readFileSync(orderbook, "utf8").split("\n");
    rows[199] = rows[199]!.replace(/\d+(\r?)$/, "7$1");
    const changed = join(folder, "changed.csv");
    writeFileSync(changed, rows.join("\n"));
    const { status, out, err } = await hftz(["replay", input, "--verify", changed, "--json"]);
    expect(status).toBe(4);
    expect(JSON.parse(out)).toMatchObject({
      rowsChecked: 57_514,
      firstDifference: { row: 200, side: "bid", level: 1 },
    });
    expect(err).toContain("rows differ");
  });
});

test("a LOBSTER book of another day does not belong to the messages, and that is said", async () => {
  const input = realFile("lobster", "AMZN_2012-06-21_34200000_57600000_message_1.csv");
  const other = realFile("lobster", "AAPL_2012-06-21_34200000_57600000_orderbook_10.trunc.csv");
  if (input === undefined || other === undefined) return;
  const { status, err } = await hftz(["replay", input, "--verify", other]);
  expect(status).not.toBe(0);
  expect(err).not.toBe("");
});

test("a file whose length prefixes are zero is refused at offset 0", async () => {
  const path = realFile("negative", "zero-length-prefixes.itch");
  if (path === undefined) return;
  const { status, err } = await hftz(["replay", path]);
  expect(status).toBe(1);
  expect(err).toStartWith("hftz: offset 0: ");
});
