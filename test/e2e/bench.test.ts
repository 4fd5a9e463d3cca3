/** The latency lab as a user runs it: results, files that other tools read, a page that a browser draws, exit codes. */

import { expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Histogram, HistogramLogReader } from "hdr-histogram-js";
import type { BenchResult, Latency } from "../../core/lab/result.ts";
import { hftz, inTemporaryDirectory } from "../support/product.ts";

const SHORT = ["bench", "velox", "--rate", "20k", "--duration", "1200ms"];
const CHROMIUM = Bun.which("chromium") ?? Bun.which("chromium-browser") ?? Bun.which("google-chrome");

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
    expect(readFileSync(table, "utf8")).toContain("1/(1-Percentile)");
  });
});

test("the HTML report is drawn by a browser without an error, and shows the numbers of the JSON", async () => {
  if (CHROMIUM === null) {
    process.stderr.write("not tested: the HTML report in a browser, because there is no chromium\n");
    return;
  }
  await inTemporaryDirectory(async (directory) => {
    const page = join(directory, "report.html");
    const { status, out } = await hftz([...SHORT, "--json", "--html", page]);
    expect(status).toBe(0);
    expect(readFileSync(page, "utf8")).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    const flags = [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--enable-logging=stderr",
      "--virtual-time-budget=4000",
    ];
    const browser = Bun.spawn([CHROMIUM, ...flags, `--user-data-dir=${directory}`, "--dump-dom", `file://${page}`], {
      stdout: "pipe",
      stderr: "pipe",
    });
    const [dom, log] = await Promise.all([new Response(browser.stdout).text(), new Response(browser.stderr).text()]);
    expect(log.split("\n").filter((line) => line.includes("CONSOLE"))).toEqual([]);
    expect(Number(/data-charts="(\d+)"/.exec(dom)?.[1])).toBe(4);
    expect(dom.match(/<canvas/g)?.length).toBe(4);
    const { endToEnd } = (JSON.parse(out) as BenchResult).suites["velox"]!.latencies!;
    const row = /<tr[^>]*data-latency="velox\.endToEnd"[^>]*>(.*?)<\/tr>/s.exec(dom)![1]!;
    const numbers = [...row.matchAll(/data-ns="([^"]*)"/g)].map(([, number]) => Number(number));
    const { min, p50, p90, p99, p999, p9999, max, mean } = endToEnd!;
    expect(numbers).toEqual([min, p50, p90, p99, p999, p9999, max, mean]);
  });
});

test("--max-p99 and a faster baseline end with exit code 4", async () => {
  await inTemporaryDirectory(async (directory) => {
    const strict = await hftz([...SHORT, "--max-p99", "1ns"]);
    expect(strict.status).toBe(4);
    expect(strict.err).toContain("the p99 of endToEnd is");
    const before = join(directory, "before.json");
    const { out } = await hftz([...SHORT, "--json"]);
    const run = JSON.parse(out) as { suites: { velox: { latencies: { endToEnd: { p99: number } } } } };
    run.suites.velox.latencies.endToEnd.p99 = 1;
    writeFileSync(before, JSON.stringify(run));
    const compared = await hftz([...SHORT, "--baseline", before]);
    expect(compared.status).toBe(4);
    expect(compared.out).toContain("slower");
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
  [["bench", "clock", "--engine", "x.so"], 2, "--engine is a setting of the match suite"],
  [["bench", "match", "--engine", "/nonexistent/x.so"], 1, "/nonexistent/x.so"],
  [["bench", "clock", "--baseline", "/nonexistent.json"], 1, "/nonexistent.json"],
  [["bench", "clock", "--html", "/nonexistent/report.html"], 1, "/nonexistent/report.html"],
  [["bench", "clock", "--hlog", "/nonexistent/run.hlog"], 1, "/nonexistent/run.hlog"],
] as const)("hftz %j ends with %d and one clear line", async (args, code, text) => {
  const { status, out, err } = await hftz([...args]);
  expect({ status, out }).toEqual({ status: code, out: "" });
  expect(err).toContain(text);
});
