/**
 * How fast `hftz match` takes the orders of a file: to nobody and to a file, on one thread and on two, and through a pipe.
 * Run with `npm run bench -- orders`; `--json` prints one object.
 */

import { mkdtempSync, rmSync } from "node:fs";
import { cpus, release, tmpdir } from "node:os";
import { join } from "node:path";
import { formatRate } from "../core/report/units.ts";
import { ratios, spreadOf, timeShell } from "./sample.ts";

const hftz = join(import.meta.dir, "../dist/hftz");
const folder = mkdtempSync(join(tmpdir(), "hftz-bench-"));
const orders = join(folder, "orders.bin");
const reports = join(folder, "reports.bin");
/** Messages of the feed that the orders make; the orders are about as many. */
const MESSAGES = 5_000_000;
const ROUNDS = 5;

const RUNS = {
  none1: {
    what: "to --reports none, one thread",
    line: `match ${orders} --reports none --threads 1`,
    target: "10 M/s",
  },
  none2: { what: "to --reports none, two threads", line: `match ${orders} --reports none --threads 2`, target: "" },
  file1: {
    what: "to a new file, one thread",
    line: `match ${orders} --reports ${reports} --threads 1`,
    target: "10 M/s",
  },
  file2: { what: "to a new file, two threads", line: `match ${orders} --reports ${reports} --threads 2`, target: "" },
  cat: { what: "cat | match --reports none", line: `match --reports none`, target: "" },
} as const;

type Name = keyof typeof RUNS;

/** Orders a second of one run by its own clock, which starts when the process is up, and its state hash. */
async function measure(name: Name): Promise<{ readonly rate: number; readonly hash: string }> {
  rmSync(reports, { force: true });
  const feed = name === "cat" ? `cat ${orders} | ` : "";
  const { stdout } = await timeShell(`${feed}${hftz} ${RUNS[name].line} --json`);
  const said = JSON.parse(stdout) as { readonly ordersPerSec: number; readonly hash: string };
  return { rate: said.ordersPerSec, hash: said.hash };
}

try {
  await timeShell(`${hftz} feedgen --orders --count ${MESSAGES} --seed 7 > ${orders}`);
  const names = Object.keys(RUNS) as Name[];
  const rates = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  const hashes = new Set<string>();
  // The first round warms up: it brings the file into the page cache.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const name of names) {
      const { rate, hash } = await measure(name);
      hashes.add(hash);
      if (round > 0) rates[name].push(rate);
    }
  }
  if (hashes.size !== 1) throw new Error(`the runs ended in different states: ${[...hashes].join(", ")}`);
  const machine = { cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length, kernel: release() };
  const figures = names.map((name) => {
    const { what, target } = RUNS[name];
    return { name, what, target, ordersPerSec: spreadOf(rates[name]) };
  });
  const two = {
    none: spreadOf(ratios(rates.none2, rates.none1)),
    file: spreadOf(ratios(rates.file2, rates.file1)),
  };
  if (Bun.argv.includes("--json")) {
    console.log(JSON.stringify({ suite: "orders", machine, messages: MESSAGES, rounds: ROUNDS, figures, two }));
  } else {
    console.log(
      `orders: ${MESSAGES} messages, ${ROUNDS} rounds; ${machine.cpu}, ${machine.cores} cores, Linux ${machine.kernel}`,
    );
    for (const { what, ordersPerSec: rate, target } of figures) {
      const range = `${formatRate(rate.min)} .. ${formatRate(rate.max)}`;
      const goal = target === "" ? "" : `  at least ${target}`;
      console.log(`  ${what.padEnd(34)} ${formatRate(rate.median).padStart(10)}  (${range})${goal}`);
    }
    for (const [to, ratio] of Object.entries(two)) {
      const range = `${ratio.min.toFixed(2)} .. ${ratio.max.toFixed(2)}`;
      console.log(
        `  two threads against one, to ${to.padEnd(4)}   ${ratio.median.toFixed(2).padStart(10)}  (${range})`,
      );
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
