/**
 * How long HFT-Zero takes from the start of QEMU's process to its first line, on the machine that `hftz boot-kernel` makes by default, and what
 * its unprivileged paths cost natively. Beside it, in the same rounds, what QEMU needs to start and do nothing.
 * Run with `npm run bench -- boot`; `--json` prints one object.
 */

import { cpus, release } from "node:os";
import { join } from "node:path";
import { Failure } from "../core/cli/failure.ts";
import { sayError } from "../core/cli/notes.ts";
import { findQemu } from "../core/kernel/qemu.ts";
import { formatDuration } from "../core/report/units.ts";
import { type Spread, spreadOf, timeShell } from "./sample.ts";

const hftz = join(import.meta.dir, "../dist/hftz");
const qemu = qemuHere();
const ROUNDS = 25;
/** A word that asks for nothing: the kernel boots, says so and ends. */
const BOOT = `${hftz} boot-kernel --accel tcg --append nothing --json --quiet`;
const BENCH = `${hftz} boot-kernel --accel tcg --bench --json --quiet`;

interface Report {
  readonly bootMs: number;
  readonly firmware: string;
  readonly metrics: readonly { readonly name: string; readonly class: string; readonly p50: number }[];
}

function qemuHere(): string {
  try {
    return findQemu(undefined);
  } catch (cause) {
    if (!(cause instanceof Failure)) throw cause;
    sayError(cause.message, cause.hint);
    process.exit(cause.exit);
  }
}

const boots: number[] = [];
const starts: number[] = [];
let firmware = "";
for (let round = 0; round <= ROUNDS; round++) {
  const report = JSON.parse((await timeShell(BOOT)).stdout) as Report;
  const { ns } = await timeShell(`exec ${qemu} --version`);
  if (round === 0) continue;
  boots.push(report.bootMs * 1e6);
  starts.push(ns);
  firmware = report.firmware;
}
const natively = (JSON.parse((await timeShell(BENCH)).stdout) as Report).metrics.filter(
  (metric) => metric.class === "N",
);

const figures = [
  { what: `exec to banner, default machine, ${firmware}`, spread: spreadOf(boots), target: "at most 50 ms" },
  { what: "qemu --version, process start to end", spread: spreadOf(starts), target: "" },
];
const machine = { cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length, kernel: release() };
if (Bun.argv.includes("--json")) {
  console.log(JSON.stringify({ suite: "boot", machine, rounds: ROUNDS, figures, natively }));
} else {
  console.log(`boot: ${ROUNDS} rounds; ${machine.cpu}, ${machine.cores} cores, Linux ${machine.kernel}`);
  for (const { what, spread, target } of figures) {
    const show = (pick: (spread: Spread) => number): string => formatDuration(pick(spread)).padStart(8);
    const range = `${show((s) => s.min).trim()} .. ${show((s) => s.max).trim()}`;
    console.log(`  ${what.padEnd(44)} ${show((s) => s.median)}  (${range})  ${target}`);
  }
  for (const { name, p50 } of natively) {
    const target = name === "frame/alloc" ? "  page allocation, at most 150 ns" : "";
    console.log(`  ${`${name}, class N`.padEnd(44)} ${p50.toFixed(1).padStart(5)} ns${target}`);
  }
}
