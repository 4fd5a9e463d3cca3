/** The latency lab as a user runs it: results, files that other tools read, a page that a browser draws, exit codes. */

import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Histogram, HistogramLogReader } from "hdr-histogram-js";
import type { BenchResult, Latency } from "../../core/lab/result.ts";
import { binary, hftz, inTemporaryDirectory, library, shell } from "../support/product.ts";

const SHORT = ["bench", "velox", "--rate", "20k", "--duration", "1200ms"];

test("velox --json has the promised keys, and everything is accounted for", async () => {
  const { status, out } = await hftz([...SHORT, "--json"]);
  expect(status).toBe(0);
  const { environment, suites } = JSON.parse(out) as BenchResult;
  expect(environment).toMatchObject({ cores: expect.any(Number), kernel: expect.any(String) });
  const velox = suites["velox"]!;
  for (const key of ["generated", "pushed", "dropped", "bundles", "meanBundleSize", "bundlesPerSec", "meanWaitUs"])
    expect(typeof velox[key]).toBe("number");
  expect(velox["generated"]).toBe((velox["pushed"] as number) + (velox["dropped"] as number));
  const keys = ["unit", "count", "min", "p50", "p90", "p99", "p999", "p9999", "max", "mean"];
  expect(Object.keys(velox.latencies!["endToEnd"]!)).toEqual(keys);
  expect(velox.latencies!["endToEnd"]!.count).toBe(velox["out"] as number);
});

test("chaos loses nothing that was accepted", async () => {
  const { status, out } = await hftz([...SHORT, "--chaos", "7", "--json"]);
  expect(status).toBe(0);
  const velox = (JSON.parse(out) as BenchResult).suites["velox"]!;
  expect(velox["pushed"]).toBe(velox["out"] as number);
  const { added, taken, resting } = velox["quantities"] as Record<string, number>;
  expect(resting).toBe(added! - taken!);
});

test("the table names the plan and draws a histogram", async () => {
  const { status, out } = await hftz(SHORT);
  expect(status).toBe(0);
  expect(out).toContain("plan");
  expect(out).toMatch(/[▁▂▃▄▅▆▇█]/);
});

test("another implementation of HdrHistogram reads the log and finds the same percentiles", async () => {
  await inTemporaryDirectory(async (directory) => {
    const [log, table] = [join(directory, "run.hlog"), join(directory, "run.hgrm")];
    const { status, out } = await hftz([...SHORT, "--json", "--hlog", log, "--hgrm", table]);
    expect(status).toBe(0);
    const latencies = (JSON.parse(out) as BenchResult).suites["velox"]!.latencies!;
    const reader = new HistogramLogReader(readFileSync(log, "utf8"));
    const found = new Map<string, Histogram>();
    for (let next = reader.nextIntervalHistogram(); next; next = reader.nextIntervalHistogram()) {
      const histogram: Histogram = next;
      if (histogram.tag !== undefined) found.set(histogram.tag, histogram);
    }
    for (const [name, latency] of Object.entries(latencies)) {
      const histogram = found.get(`velox.${name}`)!;
      expect(histogram.totalCount).toBe(latency.count);
      for (const [key, percentile] of [
        ["p50", 50],
        ["p90", 90],
        ["p99", 99],
        ["p999", 99.9],
        ["p9999", 99.99],
      ] as const)
        expect(Math.min(histogram.getValueAtPercentile(percentile), latency.max)).toBe(
          latency[key as keyof Latency] as number,
        );
    }
    // What HdrHistogram's plotter takes from a line: the value and 1/(1-percentile), of lines with four columns.
    for (const [name, { p99, max }] of Object.entries(latencies)) {
      const text = readFileSync(table.replace(".hgrm", `.velox.${name}.hgrm`), "utf8");
      const lines = text.split("\n").flatMap((line) => {
        const [value, , , inverse] = line.trim().split(/ +/).map(Number);
        return line.startsWith("#") || !Number.isFinite(value) || !(inverse! > 0) ? [] : [[value!, inverse!] as const];
      });
      const at99 = lines.find(([, inverse]) => inverse >= 100)![0] * 1e3;
      expect(at99).toBeGreaterThanOrEqual(p99 * 0.998);
      expect(text).toContain("1/(1-Percentile)");
      expect(lines.at(-1)![0] * 1e3).toBeLessThanOrEqual(max * 1.002);
    }
  });
});

test("another suite's latencies are in the log too, under their names", async () => {
  await inTemporaryDirectory(async (directory) => {
    const log = join(directory, "run.hlog");
    const { status, out } = await hftz(["bench", "clock", "--json", "--hlog", log]);
    expect(status).toBe(0);
    const { clock } = (JSON.parse(out) as BenchResult).suites;
    const reader = new HistogramLogReader(readFileSync(log, "utf8"));
    const found = new Map<string | undefined, Histogram>();
    for (let next = reader.nextIntervalHistogram(); next; next = reader.nextIntervalHistogram())
      found.set((next as Histogram).tag, next as Histogram);
    expect([...found.keys()]).toEqual(["clock.rdtsc", "clock.clock_gettime"]);
    expect(found.get("clock.rdtsc")!.getValueAtPercentile(99)).toBe(clock!.latencies!["rdtsc"]!.p99);
    expect(clock!.figures!["FFI call"]).toMatchObject({ unit: "ns, wall", rounds: 7 });
  });
});

test("Ctrl-C in the middle shows the suites that are done and ends with exit code 130", async () => {
  const child = Bun.spawn([binary, "bench", "clock", "velox", "ring", "--duration", "10m", "--json"], {
    stdout: "pipe",
    stderr: "pipe",
  });
  let log = "";
  for await (const bytes of child.stderr) {
    log += new TextDecoder().decode(bytes);
    // The pipeline has begun, and would go on for ten minutes.
    if (log.includes("bench velox, 1 of 3 suites") && !log.includes("stopping")) child.kill("SIGINT");
  }
  const result = JSON.parse(await new Response(child.stdout).text()) as BenchResult & { readonly status: number };
  expect(await child.exited).toBe(130);
  expect(log).toContain("interrupted: 2 of 3 suites are shown");
  expect([result.status, ...Object.keys(result.suites)]).toEqual([130, "clock", "velox"]);
  expect(result.suites["velox"]!["pushed"]).toBe(result.suites["velox"]!["out"] as number);
});

test("a request to stop that comes twice at once, as timeout(1) sends it, is one request", async () => {
  const { status, out } = await shell(
    "timeout --preserve-status -s INT 7 hftz bench clock velox --duration 10m --json",
  );
  expect(status).toBe(130);
  expect(Object.keys((JSON.parse(out) as BenchResult).suites)).toEqual(["clock", "velox"]);
});

test("--max-p99 ends with exit code 4, and so does a baseline that was faster", async () => {
  await inTemporaryDirectory(async (directory) => {
    const strict = await hftz([...SHORT, "--max-p99", "1ns"]);
    expect(strict.status).toBe(4);
    expect(strict.err).toContain("the p99 of endToEnd is");
    const before = join(directory, "before.json");
    const { out } = await hftz(["bench", "clock", "--json"]);
    const kept = (change: (run: Changeable) => void): void => {
      const run = JSON.parse(out) as Changeable;
      change(run);
      writeFileSync(before, JSON.stringify(run));
    };
    kept(({ suites }) => {
      const { rdtscp } = suites.clock.figures;
      rdtscp.samples = rdtscp.samples.map((ns) => ns / 100);
    });
    const compared = await hftz(["bench", "clock", "--baseline", before]);
    expect([compared.status, compared.err]).toEqual([4, expect.stringContaining("clock: rdtscp")]);
    expect(compared.out).toMatch(/clock: rdtscp .*slower/);
    kept((run) => (run.environment.cpu = "another"));
    const elsewhere = await hftz(["bench", "clock", "--baseline", before]);
    expect([elsewhere.status, elsewhere.err]).toEqual([0, expect.stringContaining("of another machine: cpu: another")]);
    expect(elsewhere.out).toContain("0 faster, 0 slower");
    const none = await hftz(["bench", "itch", "--baseline", before]);
    expect([none.status, none.err]).toEqual([1, expect.stringContaining("has none of itch")]);
  });
});

interface Changeable {
  readonly environment: { cpu: string };
  readonly suites: { readonly clock: { readonly figures: { readonly rdtscp: { samples: number[] } } } };
}

test("settings for every run are for the suites that they fit", async () => {
  const env = { HFTZ_BENCH_DURATION: "300ms", HFTZ_BENCH_MAX_P99: "10s" };
  const { status, out, err } = await hftz(["bench", "clock", "--json"], { env });
  expect([status, status === 0 ? "" : err]).toEqual([0, ""]);
  expect(Object.keys((JSON.parse(out) as BenchResult).suites)).toEqual(["clock"]);
});

test("the machine and the version stand above every result", async () => {
  const { out } = await hftz(["bench", "clock"]);
  for (const word of ["hftz ", " cores", "Linux ", "governor ", "isolated ", "huge pages ", "warm up"])
    expect(out).toContain(word);
  expect(out).toMatch(/virtualised|bare metal/);
});

test.skipIf(process.env["HFTZ_LONG"] !== "1")(
  "all suites in one run are in the JSON, each with its latencies, and in the log",
  async () => {
    await inTemporaryDirectory(async (directory) => {
      const log = join(directory, "run.hlog");
      const { status, out } = await hftz(["bench", "--json", "--hlog", log]);
      expect(status).toBe(0);
      const { suites } = JSON.parse(out) as BenchResult;
      const names = ["clock", "jitter", "ring", "book", "itch", "match", "journal", "net", "velox"];
      expect(Object.keys(suites)).toEqual(names);
      const lines = readFileSync(log, "utf8");
      for (const [name, { latencies = {}, warmUp }] of Object.entries(suites)) {
        expect([name, typeof warmUp]).toEqual([name, "string"]);
        for (const latency of Object.keys(latencies))
          expect(lines).toContain(`Tag=${name}.${latency.replaceAll(/[, ]/g, "-")},`);
      }
      const rows = suites["match"]!["scenarios"] as readonly { readonly hashOk: boolean | null }[];
      expect(rows.map(({ hashOk }) => hashOk)).toEqual([true, true, true, true, true, null, null]);
    });
  },
);

test("peers whose tools are missing are left out with one line, and ours are measured all the same", async () => {
  const { status, out, err } = await hftz(["bench", "clock", "--peers", "--json"], { env: { PATH: "/nonexistent" } });
  expect(status).toBe(0);
  expect(err.split("\n").filter((line) => line.startsWith("left out"))).toEqual([
    expect.stringMatching(/^left out all peers: no cargo, no cc; install Rust/),
  ]);
  const { clock } = (JSON.parse(out) as BenchResult).suites;
  expect(clock!.peers).toEqual([]);
  expect(clock!.leftOut).toEqual([{ peer: "all peers", why: expect.any(String) }]);
  expect(clock!.figures!["recording a latency"]!.unit).toBe("ns, thread time");
});

test("another engine is measured beside ours, over its own transport, once its reports have the published hashes", async () => {
  const { status, out } = await hftz(["bench", "match", "--engine", library, "--json"]);
  expect(status).toBe(0);
  const { match } = (JSON.parse(out) as BenchResult).suites;
  const rows = match!["scenarios"] as { engine: string; hashOk: boolean }[];
  expect(rows.map(({ engine }) => engine)).toEqual(Array.from({ length: 5 }, () => ["hftz", library]).flat());
  expect(rows.every(({ hashOk }) => hashOk)).toBe(true);
  expect(match!.figures![`swing-40, hftz over ${library}`]!.unit).toBe("times");
  expect(match!["worstOverItsWorst"]).toBeGreaterThan(0);
}, 120_000);

test("an engine named without a directory is the file here", async () => {
  await inTemporaryDirectory(async (directory) => {
    writeFileSync(join(directory, "engine.so"), "not a library, but long enough to be looked into ".repeat(20));
    const { status, err } = await hftz(["bench", "match", "--engine", "engine.so"], { cwd: directory });
    expect(status).toBe(1);
    expect(err).toContain(`${directory}/engine.so: invalid ELF header`);
  });
});

test.each([
  [["bench", "velocity"], 2, 'SUITE "velocity" is not one of'],
  [["bench", "velox", "--rate", "0"], 2, "--rate"],
  [["bench", "velox", "--rate", "5000M"], 2, "a rate is from 1"],
  [["bench", "velox", "--duration", "0"], 2, "a run lasts from"],
  [["bench", "velox", "--ring", "1000"], 2, "power of two"],
  [["bench", "velox", "--ring", "0"], 2, "power of two"],
  [["bench", "velox", "--max-bundle", "17"], 2, "--max-bundle"],
  [["bench", "velox", "--cpus", "x"], 2, "--cpus"],
  [["bench", "clock", "--rate", "1k"], 2, "not asked for"],
  [["bench", "clock", "clock"], 2, "twice"],
  [["bench", "net", "--peers"], 2, "only clock, ring, match have peers"],
  [["bench", "clock", "--engine", "x.so"], 2, "--engine is a setting of the match suite"],
  [["bench", "clock", "match", "--engine", "/nonexistent/x.so"], 1, "/nonexistent/x.so"],
  [["bench", "clok"], 2, "clock"],
  [["bench", "clock", "--baseline", "/nonexistent.json"], 1, "/nonexistent.json"],
  [["bench", "clock", "--baseline", "/etc/hostname"], 1, "/etc/hostname"],
  [["bench", "clock", "--overlay", "/nonexistent.json"], 2, "--overlay draws earlier runs into the page"],
  [["bench", "clock", "--html", "x.html", "--overlay", "/nonexistent.json"], 1, "the overlay /nonexistent.json"],
  [["bench", "clock", "--html", "same", "--hlog", "./same"], 2, "the same file"],
  [["bench", "clock", "--html", "/tmp"], 1, "it is a directory"],
  [["bench", "clock", "--max-p99", "1ms"], 2, "--max-p99 is about velox, match, net"],
  [["bench", "velox", "--rate", "-5"], 2, "--rate"],
  [["bench", "velox", "--rate", "fast"], 2, "--rate"],
  [["bench", "velox", "--window", "0"], 2, "window"],
  [["bench", "clock", "--html", "/nonexistent/report.html"], 1, "/nonexistent/report.html"],
  [["bench", "clock", "--hlog", "/nonexistent/run.hlog"], 1, "/nonexistent/run.hlog"],
] as const)("hftz %j ends with %d and one clear line", async (args, code, text) => {
  const { status, out, err } = await hftz([...args]);
  expect({ status, out }).toEqual({ status: code, out: "" });
  expect(err).toContain(text);
});
