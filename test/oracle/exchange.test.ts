/** The native engine beside the naive exchange: equal reports, equal books, and what must hold of any exchange. */

import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { Auditor } from "./audit.ts";
import { throughEngine, throughOracle } from "./drive.ts";
import { readReports, REPORT_BYTES } from "./exchange/report.ts";
import { commandOf, type Flow, settingsOf, tableText } from "./flow.ts";

const FIXTURES = join(import.meta.dir, "fixtures");
const LONG = process.env["HFTZ_LONG"] === "1";
const LONGEST = 2000;

const scratch = mkdtempSync(join(tmpdir(), "hftz-oracle-"));
const table = join(scratch, "symbols.csv");
writeFileSync(table, tableText());
afterAll(() => rmSync(scratch, { recursive: true }));

/** Kinds and reasons of reports that flows led to. */
const seen = new Map<string, number>();
let commands = 0;

/** Drives both with a flow and compares; the reports are judged by themselves too. */
function compare(flow: Flow): void {
  const engine = throughEngine(flow, table);
  const ends: number[] = [];
  const oracle = throughOracle(flow, (exchange) => {
    ends.push(exchange.sequence);
    for (const { symbol, state, sides } of exchange.books.values()) {
      const crossed =
        state === "T" && sides.B.length > 0 && sides.S.length > 0 && sides.B[0]!.price >= sides.S[0]!.price;
      if (crossed) throw new Error(`symbol ${symbol} is crossed in state T`);
    }
  });
  // Byte for byte first: only what differs is worth reading.
  if (Buffer.compare(engine.reports, oracle.reports) !== 0) {
    const [got, wanted] = [readReports(engine.reports), readReports(oracle.reports)];
    const at = wanted.findIndex((report, index) => !Bun.deepEquals(report, got[index]));
    const index = at < 0 ? wanted.length : at;
    const command = ends.findIndex((end) => end > index);
    expect({ command, report: got[index] }).toEqual({ command, report: wanted[index] });
    throw new Error(`report ${index} differs`);
  }
  expect(engine.figures).toEqual(oracle.figures);
  const reports = readReports(engine.reports);
  expect(reports.length * REPORT_BYTES).toBe(engine.reports.length);
  const auditor = new Auditor(flow.settings.selfTrade);
  flow.commands.forEach((command, index) => auditor.check(command, reports.slice(ends[index - 1] ?? 0, ends[index])));
  for (const { kind, reason } of reports) seen.set(`${kind}${reason}`, (seen.get(`${kind}${reason}`) ?? 0) + 1);
  commands += flow.commands.length;
}

const flows = fc
  .tuple(fc.noShrink(fc.nat()), fc.array(fc.noShrink(fc.nat()), { maxLength: LONGEST, size: "max" }))
  .map(([settings, seeds]): Flow => ({ settings: settingsOf(settings), commands: seeds.map(commandOf) }));

/** Keeps what a failing flow shrank to: it is replayed by every later run of the tests. */
function keep(flow: Flow): string {
  const text = `${JSON.stringify(flow.settings)}\n${flow.commands.map((command) => `${JSON.stringify(command)}\n`).join("")}`;
  const path = join(FIXTURES, `${Bun.hash(text).toString(16).padStart(16, "0")}.ndjson`);
  writeFileSync(path, text);
  return path;
}

function readFlow(path: string): Flow {
  const [settings, ...lines] = readFileSync(path, "utf8").trimEnd().split("\n");
  return { settings: JSON.parse(settings!), commands: lines.map((line) => JSON.parse(line)) };
}

test("flows that once told them apart no longer do", () => {
  const names = readdirSync(FIXTURES).filter((name) => name.endsWith(".ndjson"));
  expect(names.length).toBeGreaterThan(0);
  for (const name of names) compare(readFlow(join(FIXTURES, name)));
});

test("a million random commands have the same reports and leave the same books", () => {
  commands = 0;
  const runs = LONG ? 50_000 : 1300;
  const outcome = fc.check(fc.property(flows, compare), { numRuns: runs });
  if (outcome.failed) {
    const path = outcome.counterexample === null ? "nowhere" : keep(outcome.counterexample[0]);
    throw new Error(`${fc.defaultReportMessage(outcome) ?? ""}\nkept in ${path}`);
  }
  expect(commands).toBeGreaterThan(1_000_000);
}, 3_600_000);

test("the flows led to every kind of report and every reason", () => {
  const known = ["A0", "F0", "U0", "T0", "X16"];
  const cancels = [7, 8, 9, 10, 14, 15, 20].map((reason) => `C${reason}`);
  const rejects = [1, 2, 3, 4, 5, 6, 11, 12, 13, 16, 18, 19].map((reason) => `J${reason}`);
  expect([...seen.keys()].toSorted()).toEqual([...known, ...cancels, ...rejects].toSorted());
  expect(Math.min(...seen.values())).toBeGreaterThan(100);
});
