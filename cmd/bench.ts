/** `hftz bench`: the latency lab. */

import { resolve } from "node:path";
import { defineCommand, runFlags } from "../core/cli/command.ts";
import { EXIT } from "../core/cli/exit.ts";
import { Failure, misuse } from "../core/cli/failure.ts";
import * as flag from "../core/cli/flags.ts";
import { say, sayError } from "../core/cli/notes.ts";
import { commit, version } from "../core/cli/version.ts";
import { compareRuns, HEADLINES, slowP99 } from "../core/lab/baseline.ts";
import { readEarlier } from "../core/lab/earlier.ts";
import { withFfiCall } from "../core/lab/ffiCall.ts";
import { checkoutOfPeers, measurePeers, peerSuites } from "../core/lab/peers/measure.ts";
import { checkPlaces } from "../core/lab/places.ts";
import type { BenchResult, Suites } from "../core/lab/result.ts";
import { givenVelox, otherHalf, veloxConfig, veloxHalf } from "../core/lab/velox.ts";
import { benchRenderer } from "../core/report/bench.ts";
import { writeReport } from "../core/report/html/write.ts";
import { driveRun } from "../core/run/drive.ts";
import { presentOutcome, progressFor } from "../core/run/present.ts";

const SUITES = ["clock", "jitter", "ring", "book", "itch", "match", "journal", "net", "velox"] as const;

const VELOX = "Velox pipeline";
const OUTPUT = "Output";
const COMPARE = "Comparison";

const flags = {
  rate: flag.rate({ summary: "transactions a second, Poisson arrivals; 100k when not given", group: VELOX }),
  duration: flag.duration({ summary: "how long the pipeline runs, up to 720h; 10s when not given", group: VELOX }),
  maxBundle: flag.within(1, 16)({ summary: "transactions in a full bundle; 5 is the Jito profile", group: VELOX }),
  window: flag.duration({ summary: "how long a bundle waits for more; 100us when not given", group: VELOX }),
  ring: flag.list({
    placeholder: "N[,N,N]",
    expects: "one size for all rings, or three",
    summary: "capacities of the rings, powers of two; 8192,4096,1024 when not given",
    group: VELOX,
  }),
  topology: flag.oneOf(["auto", "spread", "split", "fused"])({
    summary: "how stages share threads; auto fuses them when they outnumber the processors",
    group: VELOX,
  }),
  idle: flag.oneOf(["auto", "spin", "yield", "sleep"])({ summary: "what a thread does without work", group: VELOX }),
  cpus: flag.text({ placeholder: "LIST", summary: "processors for the threads, such as 2-5 or 1,3", group: VELOX }),
  burst: flag.text({
    placeholder: "FACTORx,TIME/EVERY",
    summary: "bursts, such as 10x,1ms/100ms: ten times the rate for 1 ms every 100 ms",
    group: VELOX,
  }),
  chaos: flag.seed({ summary: "stall stages at random with this seed; nothing accepted may be lost", group: VELOX }),
  seed: flag.seed({ summary: "seed of arrivals and transactions; 1 when not given", group: VELOX }),
  shm: flag.text({
    placeholder: "NAME",
    summary: "shared memory that joins the halves of a pipeline in two processes",
    group: VELOX,
  }),
  ingressOnly: flag.toggle({ summary: "only generate and send, into --shm NAME", group: VELOX }),
  downstreamOnly: flag.toggle({ summary: "only book, bundle and output, from --shm NAME", group: VELOX }),
  html: flag.place({ placeholder: "FILE", summary: "one self-contained page with charts", group: OUTPUT }),
  overlay: flag.list({
    placeholder: "FILE[,FILE]",
    expects: "files of earlier runs",
    summary: "draw these earlier runs, --json or --html, over this one in the page",
    group: OUTPUT,
  }),
  hgrm: flag.place({
    placeholder: "FILE",
    summary: "percentile tables as HdrHistogram prints them, a file for each latency",
    group: OUTPUT,
  }),
  hlog: flag.place({ placeholder: "FILE", summary: "histogram log for HdrHistogram's tools", group: OUTPUT }),
  baseline: flag.file({
    summary: "compare with an earlier --json or --html; exit 4 when something is slower",
    group: COMPARE,
  }),
  maxP99: flag.duration({
    summary: "exit 4 when the p99 of velox, match or net from the intended time is above this",
    group: COMPARE,
  }),
  engine: flag.file({
    summary: "match: compare with this library, which has the public benchmark's C ABI",
    group: COMPARE,
  }),
  peers: flag.toggle({
    summary: "ring, match and clock: compare with the peers of bench/peers, which a checkout builds on first use",
    group: COMPARE,
  }),
  ...runFlags,
} as const;

export const bench = defineCommand({
  name: "bench",
  summary: "the latency lab: what this machine does, measured suite by suite",
  details: [
    "Without a suite all of them run, in about a minute. Offered load is open loop: latency counts from the intended time on an absolute schedule, and how late the generator was stands beside it. Costs are thread time of paired rounds.",
    "hftz bench match --engine LIB.so loads any library with the public matching benchmark's C ABI and runs it paired with ours: only name one that you trust.",
    "hftz bench ring --peers measures hftz and other people's queues, books and histograms in turn, in one run: rtrb, crossbeam, a C++ ring, orderbook-rs, exchange-core, nodejs-order-book, hdrhistogram. It needs a checkout of hftz, the one around the binary or the current directory; without one the exit code is 3. A peer whose tools are missing is left out with a line.",
    "Exit code 4 when --baseline finds something slower or --max-p99 is exceeded.",
  ],
  operands: [
    {
      name: "SUITE",
      summary: `any of ${SUITES.join(", ")}; without one, all`,
      required: false,
      choices: SUITES,
      repeats: true,
    },
  ],
  flags,
  examples: [
    { line: "hftz bench clock itch", about: "two of the suites" },
    {
      line: "hftz bench velox --rate 100k --duration 2s --html report.html --hlog run.hlog",
      about: "a page and a log",
    },
    { line: "hftz bench velox --rate 20k --duration 1s --max-p99 10s", about: "exit 4 when the tail is longer" },
    {
      line: "hftz bench velox --downstream-only --shm lab & hftz bench velox --ingress-only --shm lab --duration 2s",
      about: "two processes, joined by shared memory",
    },
    { line: "hftz bench clock --json > before.json", about: "keep a run, for --baseline or --overlay" },
  ],
  async run({ values, operands, typed, settings }) {
    const hasVelox = operands.length === 0 || operands.includes("velox");
    const stray = hasVelox ? undefined : givenVelox(values, typed);
    if (stray !== undefined) throw misuse(`--${stray} is a setting of the velox suite, which is not asked for`);
    const velox = hasVelox ? veloxConfig(values) : undefined;
    const half = hasVelox ? veloxHalf(values) : undefined;
    if (half !== undefined && (operands.length !== 1 || operands[0] !== "velox"))
      throw misuse("half a pipeline runs by itself: hftz bench velox");
    if (values.engine !== undefined && !operands.includes("match"))
      throw misuse("--engine is a setting of the match suite: hftz bench match --engine LIB.so");
    const compared = values.peers ? peerSuites(operands) : [];
    if (values.overlay.length > 0 && values.html === undefined)
      throw misuse("--overlay draws earlier runs into the page: --html FILE");
    const headlines = Object.keys(HEADLINES);
    if (typed.has("maxP99") && operands.length > 0 && !operands.some((suite) => headlines.includes(suite)))
      throw misuse(`--max-p99 is about ${headlines.join(", ")}, of which none is asked for`);
    const checkout = values.peers ? checkoutOfPeers() : undefined;
    const before = values.baseline === undefined ? undefined : readEarlier(values.baseline, "baseline");
    const overlays = values.overlay.map((path) => ({ name: path, run: readEarlier(path, "overlay") }));
    const asked = operands.length === 0 ? SUITES : operands;
    if (before !== undefined && !asked.some((suite) => before.suites[suite] !== undefined))
      throw new Failure(`the baseline ${values.baseline} has none of ${asked.join(", ")}`);
    const { html, hgrm, hlog } = values;
    const baseline = values.baseline === undefined ? [] : [["baseline", values.baseline] as const];
    checkPlaces({
      written: { html, hgrm, hlog },
      read: [...baseline, ...values.overlay.map((path) => ["overlay", path] as const)],
    });
    const config = {
      run: "bench",
      suites: operands,
      velox,
      // The loader looks for a bare name among the system's libraries; here it is a file like any other.
      engine: values.engine === undefined ? undefined : resolve(values.engine),
      hgrm,
      hlog,
    };
    const how = {
      command: "bench",
      settings: { suites: operands, ...settings },
      json: values.json,
      quiet: values.quiet,
      dataOnStdout: false,
    };
    const tellOther = (): void => {
      if (half !== undefined && !values.quiet) say(`the other half: ${otherHalf(half)}`);
    };
    const outcome = await driveRun(config, { ...progressFor(how), counts: "suites", names: asked }, tellOther);
    const full = outcome.result as unknown as BenchResult;
    if (full.suites === undefined) return presentOutcome(outcome, how);
    // What was stopped is not compared.
    const isDone = checkout !== undefined && outcome.status === EXIT.done;
    const peers = isDone ? await measurePeers(checkout, compared, values.quiet) : undefined;
    const ended = peers?.stopped === undefined ? {} : { status: EXIT.interrupted, error: peers.stopped };
    const measured = Object.entries(withFfiCall(full.suites));
    const suites = measured.map(([name, suite]) => [name, { ...suite, ...peers?.bySuite.get(name) }]);
    const { histograms, timelines, ...shown } = {
      ...full,
      suites: Object.fromEntries(suites) as Suites,
      environment: { hftz: version, commit, ...full.environment },
    };
    const kept = { ...shown, settings: how.settings };
    const comparison = before === undefined ? undefined : compareRuns(before, kept);
    const slow = values.maxP99 === undefined ? [] : slowP99(shown, values.maxP99);
    const result = { ...shown, ...(comparison !== undefined && { comparison }) };
    const code = await presentOutcome(
      { ...outcome, ...ended, result },
      { ...how, render: benchRenderer(full.histograms ?? {}) },
    );
    if (html !== undefined) {
      const all = before === undefined ? overlays : [{ name: "baseline", run: before }, ...overlays];
      writeReport(html, { ...kept, histograms, timelines }, all, comparison);
    }
    if (code !== EXIT.done) return code;
    const worse = comparison?.rows.filter(({ verdict }) => verdict === "slower") ?? [];
    if (comparison !== undefined && comparison.machines.length > 0)
      sayError(`no verdict: ${values.baseline} is of another machine: ${comparison.machines.join("; ")}`);
    if (worse.length > 0) sayError(`slower than ${values.baseline}: ${worse.map(({ what }) => what).join("; ")}`);
    for (const line of slow) sayError(line);
    return worse.length + slow.length > 0 ? EXIT.differs : EXIT.done;
  },
});
