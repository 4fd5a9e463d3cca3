/** `hftz replay`: a feed in, order books out. */

import { type Invocation, defineCommand, runFlags } from "../core/cli/command.ts";
import { Failure, misuse } from "../core/cli/failure.ts";
import * as flag from "../core/cli/flags.ts";
import { wasClosed } from "../core/cli/streams.ts";
import { refuseStray } from "../core/cli/stray.ts";
import { isTerminal } from "../core/cli/terminal.ts";
import { renderJournal } from "../core/report/journal.ts";
import { renderReplay } from "../core/report/replay.ts";
import type { SummaryStyle } from "../core/report/summary.ts";
import { driveRun } from "../core/run/drive.ts";
import { presentOutcome, progressFor } from "../core/run/present.ts";

const INPUT_FORMATS = ["itch", "pcap", "pcapng", "lobster"];
const OUTPUT_FORMATS = ["csv", "ndjson"];
const FORMATS = [...INPUT_FORMATS, ...OUTPUT_FORMATS];

const flags = {
  messages: flag.toggle({ summary: "print every message as text", group: "What to print" }),
  bbo: flag.toggle({ summary: "print every change of the top of a book", group: "What to print" }),
  trades: flag.toggle({
    summary: "print every trade; a lower-case side marks an execution that is not printable",
    group: "What to print",
  }),
  depth: flag.within(
    1,
    1000,
  )({ summary: "print the best N levels of the books, at --at or at the end", group: "What to print" }),
  at: flag.clock({
    summary: "stop before the first message later than this exchange time; alone it prints the books of that moment",
    group: "What to print",
  }),
  hash: flag.toggle({ summary: "print the state hash of all books", group: "What to print" }),
  countOnly: flag.toggle({ summary: "decode and count, build no books", group: "What to print" }),
  verify: flag.file({
    summary: "compare each book with this LOBSTER orderbook file, exit 4 on a difference",
    group: "What to print",
  }),
  symbol: flag.list({
    placeholder: "NAME",
    expects: "a symbol",
    summary: "only these symbols",
    group: "Input and output",
  }),
  format: {
    ...flag.list({
      placeholder: "FORMAT",
      expects: `one of ${FORMATS.join(", ")}`,
      summary: `form of the text that is printed (csv, ndjson), or of an input that is not recognised (${INPUT_FORMATS.join(", ")})`,
      group: "Input and output",
    }),
    read: (given: string) => FORMATS.find((format) => format === given),
    choices: FORMATS,
  },
  onError: flag.oneOf(["stop", "skip", "count"])({
    summary:
      "stop: the first broken rule or impossible order ends the run; skip: what breaks a rule has no effect; count: impossible orders are applied as far as they make sense; without it bad framing stops, impossible orders count",
    group: "Input and output",
  }),
  pace: flag.factor({
    summary: "send at this multiple of the feed's own speed instead of as fast as possible, with --to",
    group: "Input and output",
  }),
  to: flag.place({
    placeholder: "URL",
    summary: "send the feed on: udp://GROUP:PORT?iface=NAME, a file, or - for stdout",
    group: "Input and output",
  }),
  duration: flag.duration({
    summary: "end after this long; a live feed ends by itself only at its end of session",
    group: "Input and output",
  }),
  journal: flag.folder({
    summary: "replay the journal of hftz match in this directory instead of a feed",
    group: "A journal",
  }),
  reports: flag.place({
    summary: "with --journal: where its execution reports go again, byte for byte; - for stdout, a file, or none",
    fallback: "none",
    group: "A journal",
  }),
  force: flag.toggle({ summary: "with --journal: read up to damage instead of refusing it", group: "A journal" }),
  ...runFlags,
} as const;

type Result = Readonly<Record<string, unknown>>;
type Values = Invocation<typeof flags>["values"];

/** What has no meaning where a journal is the input. */
const OF_FEEDS = Object.keys(flags).filter(
  (key) => !["journal", "reports", "force", "format", "json", "quiet"].includes(key),
);
const NOT_OF_VERIFY = ["hash", "at", "onError", "duration"] as const;

export const replay = defineCommand({
  name: "replay",
  summary: "rebuild order books from a feed, and print what is asked of them",
  details: [
    "Reads NASDAQ ITCH 5.0 (day files, gzip, pcap and pcapng captures, stdin, live MoldUDP64 multicast) and LOBSTER message files, keeps the full-depth book of every symbol, and ends with a summary. The format is recognised by content.",
    "With data on stdout (--messages, --bbo, --trades, --to -) the summary goes to stderr.",
  ],
  operands: [
    {
      name: "INPUT",
      summary: "a file, - for stdin, or udp://GROUP:PORT?iface=NAME&request=HOST:PORT",
      required: false,
      completesFiles: true,
    },
  ],
  flags,
  examples: [
    { line: "hftz feedgen --count 200k > day.itch", about: "something to read" },
    { line: "hftz replay day.itch", about: "a summary: counts by type, symbols, time span, live orders, anomalies" },
    { line: "hftz replay day.itch --messages --format ndjson | head -3", about: "a feed as text" },
    { line: "hftz replay day.itch --symbol SYM00001 --bbo > bbo.csv", about: "every change of one top of book" },
    { line: "hftz replay day.itch --symbol SYM00001 --depth 5", about: "a book at the end" },
    { line: "cat day.itch | hftz replay - --hash --json", about: "from a pipe, one JSON object" },
    {
      line: "hftz feedgen --orders --count 200k | hftz match --journal ./log --reports none",
      about: "an exchange with a journal",
    },
    { line: "hftz replay --journal ./log --reports again.bin", about: "all its reports again" },
  ],
  async run({ values, operands, typed, settings }) {
    if (values.journal !== undefined) {
      refuseStray(typed, OF_FEEDS, "does not go with --journal: what a journal gives is its reports");
      return replayJournal(values, operands, settings);
    }
    refuseStray(typed, ["reports", "force"], "goes with --journal");
    if (values.verify !== undefined)
      refuseStray(typed, NOT_OF_VERIFY, "does not go with --verify: it compares all of two files");
    if (values.countOnly)
      refuseStray(typed, ["symbol", "at"], "does not go with --count-only: it counts every message");
    const [input] = operands;
    if (input === undefined)
      throw misuse("INPUT is missing: a file, - for stdin, or udp://GROUP:PORT?iface=NAME&request=HOST:PORT");
    if (input === "-" && isTerminal(0))
      throw misuse(
        "stdin is a terminal: a feed is binary",
        "give a file, or pipe one in: cat day.itch | hftz replay -",
      );
    if (input === "-" && wasClosed(0)) throw new Failure("standard input is closed");
    const config = configOf(input, values);
    const hasRows = ["messages", "bbo", "trades"].includes(config.output);
    if (hasRows && values.to === "-")
      throw misuse(`--${config.output} and --to - both write to stdout`, "send the feed to a file: --to FILE");
    const dataOnStdout = hasRows || values.to === "-";
    if (values.to === "-" && isTerminal(1))
      throw misuse("stdout is a terminal: a feed is binary", "redirect it or pipe it on");
    const how = {
      command: "replay",
      settings: { input, ...settings },
      json: values.json,
      quiet: values.quiet,
      dataOnStdout,
      render: (result: Result, style: SummaryStyle) => renderReplay(result, style, values.symbol),
    };
    return presentOutcome(await driveRun(config, progressFor(how)), how);
  },
});

/** Every report of a journal again. */
async function replayJournal(
  values: Values,
  operands: readonly string[],
  settings: Readonly<Record<string, unknown>>,
): Promise<number> {
  if (operands.length > 0) throw misuse("--journal is the input: INPUT beside it is one too many");
  const format = formatAmong(OUTPUT_FORMATS, values.format, "the output");
  if (format === "csv") throw misuse("reports are binary, or --format ndjson");
  const toStdout = values.reports === "-";
  if (toStdout && isTerminal(1) && format === undefined)
    throw misuse("stdout is a terminal: reports are binary", "redirect it, or give --format ndjson");
  const how = {
    command: "replay",
    settings,
    json: values.json,
    quiet: values.quiet,
    dataOnStdout: toStdout,
    render: renderJournal,
  };
  const { journal = "", reports, force } = values;
  const config = { run: "journal", journal, reports, format: format ?? "native", force };
  return presentOutcome(await driveRun(config, progressFor(how)), how);
}

/** The native run's configuration; undefined fields vanish in JSON. */
function configOf(input: string, values: Values) {
  const inputFormat = formatAmong(INPUT_FORMATS, values.format, "the input");
  const outputFormat = formatAmong(OUTPUT_FORMATS, values.format, "the output");
  return {
    run: "replay",
    // The door calls a run that is fed call by call "memory"; here it can only be a file of that name.
    input: input === "memory" ? "./memory" : input,
    format: inputFormat,
    output: outputOf(values),
    outputFormat: outputFormat ?? "csv",
    symbols: values.symbol,
    depth: values.depth ?? 10,
    at: values.at,
    onError: values.onError,
    hash: values.hash,
    countOnly: values.countOnly,
    verify: values.verify,
    pace: values.pace,
    to: values.to,
    durationNs: values.duration,
  };
}

/** `--at` alone asks for the books at that time; beside another output it only says where to stop. */
function outputOf({ messages, bbo, trades, depth, at, hash, countOnly, verify, to }: Values): string {
  const asked = Object.entries({ messages, bbo, trades, depth: depth !== undefined }).filter(([, wanted]) => wanted);
  if (asked.length > 1) {
    throw misuse(`--${asked[0]![0]} and --${asked[1]![0]} exclude each other: one run prints one kind of data`);
  }
  const nothingElse = !hash && !countOnly && verify === undefined && to === undefined;
  return asked[0]?.[0] ?? (at !== undefined && nothingElse ? "depth" : "summary");
}

function formatAmong(family: readonly string[], given: readonly string[], whose: string): string | undefined {
  const matching = given.filter((format) => family.includes(format));
  if (matching.length > 1) throw misuse(`--format names two forms of ${whose}: ${matching.join(" and ")}`);
  return matching[0];
}
