/**
 * How fast whole commands move a feed: start-up, generating, counting, and the pipe between two of them.
 * Run with `npm run bench -- pipes`; `--json` prints one object.
 */

import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { cpus, release, tmpdir } from "node:os";
import { join } from "node:path";
import { formatBytes, formatDuration, formatRate } from "../core/report/units.ts";
import { ratios, type Spread, spreadOf, timeRounds, timeShell } from "./sample.ts";

const hftz = join(import.meta.dir, "../dist/hftz");
const folder = mkdtempSync(join(tmpdir(), "hftz-bench-"));
const day = join(folder, "day.itch");
const again = join(folder, "again.itch");
const MESSAGES = 10_000_000;
const ROUNDS = 5;

interface Figure {
  readonly what: string;
  readonly unit: "ns" | "ratio" | "messages/s" | "bytes/s";
  readonly spread: Spread;
  readonly target: string;
}

/** Compiles a program that prints a word as hftz is compiled: what the start of this Bun costs by itself. */
async function compileWord(): Promise<string> {
  const [source, program] = [join(folder, "word.ts"), join(folder, "word")];
  writeFileSync(source, 'await Bun.write(Bun.stdout, "word\\n");\n');
  const flags = ["--compile", "--target=bun-linux-x64-baseline", `--compile-executable-path=${process.execPath}`];
  flags.push("--minify", "--bytecode", "--format=esm");
  flags.push("--no-compile-autoload-bunfig", "--no-compile-autoload-dotenv", `--outfile=${program}`);
  const done = Bun.spawn([process.execPath, "build", source, ...flags], { stdout: "ignore", stderr: "pipe" });
  if ((await done.exited) !== 0) throw new Error(await new Response(done.stderr).text());
  return program;
}

async function measure(): Promise<Figure[]> {
  const word = await compileWord();
  await timeShell(`${hftz} feedgen --count ${MESSAGES} --seed 7 > ${day}`);
  const bytes = statSync(day).size;
  const start = await timeRounds({ version: `${hftz} --version`, word, nothing: "true" }, 40);
  const own = (name: string) => start[name]!.map((ns, i) => ns - start["nothing"]![i]!);
  const times = await timeRounds(
    {
      generate: `${hftz} feedgen --count ${MESSAGES} --seed 7 > ${again}`,
      generateAlone: `${hftz} feedgen --count ${MESSAGES} --seed 7 > /dev/null`,
      replayAlone: `${hftz} replay ${day}`,
      piped: `${hftz} feedgen --count ${MESSAGES} --seed 7 | ${hftz} replay -`,
      // Four times over, about a gigabyte, so that what is measured is the stream and not the start of two programs.
      count: `cat ${day} ${day} ${day} ${day} | ${hftz} replay - --count-only`,
      // What the pipe itself gives: the same writer, and a reader that does nothing.
      nothing: `cat ${day} ${day} ${day} ${day} | dd bs=64k of=/dev/null`,
    },
    ROUNDS,
    // A new file each time: what the kernel takes to cut the old one is none of feedgen's time.
    () => rmSync(again, { force: true }),
  );
  const slower = times["generateAlone"]!.map((ns, round) => Math.max(ns, times["replayAlone"]![round]!));
  const perSecond = (amount: number, ns: readonly number[]) => spreadOf(ns.map((each) => (amount / each) * 1e9));
  return [
    // The shell and the child it starts are not ours: `sh -c true` is taken off.
    {
      what: "hftz --version, process start to end",
      unit: "ns",
      spread: spreadOf(own("version")),
      target: "at most 8 ms median",
    },
    { what: "a word printed by a program of the same Bun", unit: "ns", spread: spreadOf(own("word")), target: "" },
    {
      what: "feedgen to a file",
      unit: "messages/s",
      spread: perSecond(MESSAGES, times["generate"]!),
      target: "at least 10 M/s",
    },
    {
      what: "feedgen to nowhere",
      unit: "messages/s",
      spread: perSecond(MESSAGES, times["generateAlone"]!),
      target: "",
    },
    { what: "replay of a file", unit: "messages/s", spread: perSecond(MESSAGES, times["replayAlone"]!), target: "" },
    {
      what: "feedgen | replay -, against the slower side alone",
      unit: "ratio",
      spread: spreadOf(ratios(times["piped"]!, slower)),
      target: "at most 1.10",
    },
    {
      what: "cat | replay - --count-only",
      unit: "bytes/s",
      spread: perSecond(4 * bytes, times["count"]!),
      target: "at least 2 GB/s",
    },
    { what: "cat | dd of=/dev/null", unit: "bytes/s", spread: perSecond(4 * bytes, times["nothing"]!), target: "" },
    {
      what: "the time of cat | replay, against that of cat | dd",
      unit: "ratio",
      spread: spreadOf(ratios(times["count"]!, times["nothing"]!)),
      target: "",
    },
  ];
}

function show(value: number, unit: Figure["unit"]): string {
  switch (unit) {
    case "ns":
      return formatDuration(value);
    case "ratio":
      return value.toFixed(3);
    case "messages/s":
      return formatRate(value);
    case "bytes/s":
      return `${formatBytes(value)}/s`;
  }
}

try {
  const figures = await measure();
  const machine = { cpu: cpus()[0]?.model ?? "unknown", cores: cpus().length, kernel: release() };
  if (Bun.argv.includes("--json")) {
    console.log(JSON.stringify({ suite: "pipes", machine, messages: MESSAGES, rounds: ROUNDS, figures }));
  } else {
    console.log(
      `pipes: ${MESSAGES} messages, ${ROUNDS} rounds; ${machine.cpu}, ${machine.cores} cores, Linux ${machine.kernel}`,
    );
    for (const { what, unit, spread, target } of figures) {
      const range = `${show(spread.min, unit)} .. ${show(spread.max, unit)}`;
      console.log(`  ${what.padEnd(52)} ${show(spread.median, unit).padStart(10)}  (${range})  ${target}`);
    }
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
