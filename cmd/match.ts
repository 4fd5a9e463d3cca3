/** `hftz match`: orders in, execution reports out. */

import { type Invocation, defineCommand, runFlags } from "../core/cli/command.ts";
import { Failure, misuse } from "../core/cli/failure.ts";
import * as flag from "../core/cli/flags.ts";
import { wasClosed } from "../core/cli/streams.ts";
import { refuseStray, withoutStray } from "../core/cli/stray.ts";
import { isTerminal } from "../core/cli/terminal.ts";
import { renderMatch } from "../core/report/match.ts";
import { Exporter } from "../core/run/metrics.ts";
import { driveRun } from "../core/run/drive.ts";
import { presentOutcome, progressFor } from "../core/run/present.ts";

const flags = {
  format: flag.oneOf(["native", "ndjson"])({
    summary: "form of orders and reports: fixed-size binary, or one JSON object a line",
    fallback: "native",
    group: "Input and output",
  }),
  reports: flag.place({
    summary: "where the execution reports go: - for stdout, a file, or none; none with --listen, else - unless given",
    group: "Input and output",
  }),
  listen: flag.list({
    placeholder: "URL",
    expects:
      "ouch+tcp://HOST:PORT, native+tcp://HOST:PORT, native+udp://HOST:PORT, native+unix://PATH, native+shm://PATH or operator+unix://PATH",
    summary:
      "serve clients there instead of reading orders: ouch+tcp://, or native+tcp://, native+udp://, native+unix:// and native+shm:// (shared memory); operator+unix:// takes halts and the kill switch",
    group: "Input and output",
  }),
  publish: flag.list({
    placeholder: "URL",
    expects: "itch+file:PATH, itch+udp://HOST:PORT or reports+udp://HOST:PORT",
    summary: "send the feed (itch+file:PATH, itch+udp://) or the reports (reports+udp://), MoldUDP64 over UDP",
    group: "Input and output",
  }),
  metrics: flag.text({
    placeholder: "HOST:PORT",
    summary: "serve the live figures to Prometheus at http://HOST:PORT/metrics",
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
  risk: flag.file({
    summary:
      "risk limits, CSV: account,quantity,notional,openNotional,messagesPerSecond; * is every account without a line",
    group: "Engine",
  }),
  journal: flag.folder({ summary: "log every command in this directory, which must be empty", group: "Journal" }),
  recover: flag.folder({ summary: "replay the journal in this directory and go on with it", group: "Journal" }),
  durability: flag.oneOf(["none", "async", "group"])({
    summary: "when the log is on disk: when the kernel likes, within about 50 ms, or before the reports leave",
    fallback: "group",
    group: "Journal",
  }),
  commitBytes: flag.bytes({
    summary: "under group, commit when so much waits",
    fallback: "256KiB",
    group: "Journal",
  }),
  commitDelay: flag.duration({
    summary: "under group, commit when the oldest order has waited so long; 0us at once",
    fallback: "0us",
    group: "Journal",
  }),
  snapshotEvery: flag.count({
    summary: "have a second engine take a snapshot after so many records of the log; 0: none",
    fallback: "4M",
    group: "Journal",
  }),
  retain: flag.within(
    1,
    1000,
  )({
    summary:
      "keep so many snapshots and drop what the log has before the oldest of them; without it all of the log stays",
    group: "Journal",
  }),
  verify: flag.toggle({
    summary: "with --recover: check and replay the whole log, not only what follows the newest snapshot",
    group: "Journal",
  }),
  force: flag.toggle({
    summary: "with --recover: live with damage to what was on disk; keep what comes before it",
    group: "Journal",
  }),
  threads: flag.within(
    1,
    2,
  )({
    summary:
      "2: ingest and matching each have one, as by default with --listen; 1: they take turns, with the same reports",
    group: "Engine",
  }),
  ...runFlags,
} as const;

type Values = Invocation<typeof flags>["values"];

const OF_COMMITS = ["commitBytes", "commitDelay"] as const;
const OF_JOURNALS = ["durability", ...OF_COMMITS, "snapshotEvery", "retain"] as const;

export const match = defineCommand({
  name: "match",
  summary: "match orders: order entry in, execution reports and a feed out",
  details: [
    "Every order kind, time in force, auction, halt and self-trade mode of docs/engine-rules.md, deterministic: the same orders give the same reports and the same state hash. Reads until the input ends.",
    "With --journal no command reaches the engine before it is in the log. After a crash --recover loads the newest good snapshot, replays the rest of the log, says what was kept and what was cut, and goes on with the same numbers; the journal's own settings (--symbols, --risk, --capacity, --self-trade) hold.",
    "With --listen it serves clients until Ctrl-C, all together when it is given more than once. A session (the top 16 bits of an order id) belongs to the client that first uses it; reports go to the owner of the order. ouch+tcp:// serves OUCH 4.2 (5.0 with ?v=50) over SoupBinTCP; the orders of a client that leaves are cancelled. docs/match.md says more.",
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
    {
      line: "hftz feedgen --orders --count 200k | hftz match --journal ./j --reports none",
      about: "nothing acknowledged is lost",
    },
    { line: "hftz match --recover ./j --reports none < /dev/null", about: "the same state again, and its hash" },
  ],
  async run({ values, operands, typed, settings }) {
    const input = operands[0] ?? "-";
    const serves = values.listen.length > 0;
    const { metrics } = values;
    if (!serves && input === "-" && isTerminal(0) && values.format === "native")
      throw misuse(
        "stdin is a terminal: orders are binary",
        "pipe them in (hftz feedgen --orders | hftz match), or type them with --format ndjson",
      );
    if (!serves && input === "-" && wasClosed(0))
      throw new Failure("standard input is closed", { hint: "no orders at all are < /dev/null" });
    const reports = values.reports ?? (serves ? "none" : "-");
    const toStdout = reports === "-";
    if (toStdout && isTerminal(1) && values.format === "native")
      throw misuse(
        "stdout is a terminal: reports are binary",
        "redirect it, or give --reports none or --format ndjson",
      );
    const journal = journalOf(values, typed);
    const how = {
      command: "match",
      settings: { ...(!serves && { input }), ...withoutStray(settings, unusedBy(journal)), reports },
      json: values.json,
      quiet: values.quiet,
      dataOnStdout: toStdout,
      render: renderMatch,
    };
    const config = {
      run: "match",
      input,
      format: values.format,
      reports,
      listen: values.listen,
      publish: values.publish,
      threads: values.threads,
      symbols: values.symbols,
      risk: values.risk,
      capacity: values.capacity,
      selfTrade: values.selfTrade,
      journal,
    };
    const exporter = metrics === undefined ? undefined : new Exporter("match", metrics);
    try {
      return await presentOutcome(await driveRun(config, progressFor(how), exporter?.watch), how);
    } finally {
      exporter?.stop();
    }
  },
});

/** Of the journal's flags those that do not count: all without one, and when to commit where nobody waits for a commit. */
function unusedBy(journal: ReturnType<typeof journalOf>): readonly string[] {
  if (journal === undefined) return OF_JOURNALS;
  return journal.durability === "group" ? [] : OF_COMMITS;
}

/** The native run's journal; undefined without one. */
function journalOf(values: Values, typed: ReadonlySet<string>) {
  const { journal, recover, verify, force } = values;
  if (journal !== undefined && recover !== undefined)
    throw misuse("--journal and --recover exclude each other: one begins a journal, one goes on with it");
  if (recover === undefined && (verify || force))
    throw misuse(`--${verify ? "verify" : "force"} goes with --recover: only what is there can be checked`);
  if (values.retain !== undefined && values.snapshotEvery === 0)
    throw misuse("--retain drops what snapshots cover, and --snapshot-every 0 takes none");
  const path = journal ?? recover;
  if (path === undefined) {
    refuseStray(typed, OF_JOURNALS, "goes with --journal or --recover: without one nothing is logged");
    return undefined;
  }
  if (values.durability !== "group") refuseStray(typed, OF_COMMITS, "goes with --durability group");
  return {
    path,
    recover: recover !== undefined,
    verify,
    force,
    durability: values.durability,
    commitBytes: values.commitBytes,
    commitDelayNs: values.commitDelay,
    snapshotEvery: values.snapshotEvery,
    retain: values.retain ?? 0,
  };
}
