/** `hftz match`: orders in, execution reports out. */

import { defineCommand, runFlags } from "../core/cli/command.ts";
import { misuse } from "../core/cli/failure.ts";
import * as flag from "../core/cli/flags.ts";
import { isTerminal } from "../core/cli/terminal.ts";
import { renderMatch } from "../core/report/match.ts";
import { driveRun } from "../core/run/drive.ts";
import { presentOutcome, progressFor } from "../core/run/present.ts";

const flags = {
  format: flag.oneOf(["native", "ndjson"])({
    summary: "form of orders and reports: fixed-size binary, or one JSON object a line",
    fallback: "native",
    group: "Input and output",
  }),
  reports: flag.place({
    summary: "where the execution reports go: - for stdout, a file, or none",
    fallback: "-",
    group: "Input and output",
  }),
  publish: flag.list({
    placeholder: "itch+file:PATH",
    expects: "itch+file:PATH",
    summary: "write the market-data feed of the books, ITCH 5.0",
    group: "Input and output",
  }),
  symbols: flag.file({
    summary:
      "symbol table, CSV: locate,symbol,unit,tick,lot,band,reference,state; without it any number, tick 1, lot 1",
    group: "Engine",
  }),
  capacity: flag.within(
    1,
    2 ** 30,
  )({ summary: "live orders the engine has room for", fallback: String(2 ** 20), group: "Engine" }),
  selfTrade: flag.oneOf(["none", "newest", "oldest", "both", "decrement"])({
    summary: "what happens when an account would trade with itself, unless the order says",
    fallback: "none",
    group: "Engine",
  }),
  ...runFlags,
} as const;

export const match = defineCommand({
  name: "match",
  summary: "match orders: order entry in, execution reports and a feed out",
  details: [
    "Every order kind, time in force, auction, halt and self-trade mode of docs/engine-rules.md, deterministic: the same orders give the same reports and the same state hash. Reads until the input ends.",
  ],
  operands: [
    { name: "ORDERS", summary: "a file; without one, or with -, stdin", required: false, completesFiles: true },
  ],
  flags,
  examples: [
    { line: "hftz feedgen --orders --count 200k | hftz match > reports.bin", about: "native binary in and out" },
    {
      line: `echo '{"type":"new","symbol":1,"side":"buy","id":7,"price":10050,"quantity":100}' | hftz match --format ndjson`,
      about: "for people and scripts",
    },
    {
      line: "hftz feedgen --orders --count 200k | hftz match --reports none --publish itch+file:books.itch",
      about: "the feed of the same books",
    },
  ],
  async run({ values, operands, settings }) {
    const input = operands[0] ?? "-";
    if (input === "-" && isTerminal(0) && values.format === "native")
      throw misuse(
        "stdin is a terminal: orders are binary",
        "pipe them in (hftz feedgen --orders | hftz match), or type them with --format ndjson",
      );
    const toStdout = values.reports === "-";
    if (toStdout && isTerminal(1) && values.format === "native")
      throw misuse(
        "stdout is a terminal: reports are binary",
        "redirect it, or give --reports none or --format ndjson",
      );
    const how = {
      command: "match",
      settings: { input, ...settings },
      json: values.json,
      quiet: values.quiet,
      dataOnStdout: toStdout,
      render: renderMatch,
    };
    const config = {
      run: "match",
      input,
      format: values.format,
      reports: values.reports,
      publish: values.publish,
      symbols: values.symbols,
      capacity: values.capacity,
      selfTrade: values.selfTrade,
    };
    return presentOutcome(await driveRun(config, progressFor(how)), how);
  },
});
