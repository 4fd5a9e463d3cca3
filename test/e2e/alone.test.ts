/** The executable alone: another directory, no environment, and a current directory that wants to run code inside it. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commands } from "../../cmd/commands.ts";
import { isExecutable, onPath } from "../../core/kernel/qemu.ts";
import { framed, smallDay } from "../support/itch.ts";
import { binary } from "../support/product.ts";

let folder = "";
let copy = "";
let hostile = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hftz-alone-"));
  copy = join(folder, "hftz");
  copyFileSync(binary, copy);
  hostile = join(folder, "cwd");
  mkdirSync(join(hostile, "hftz"), { recursive: true });
  const mark = (name: string): string => `require("node:fs").writeFileSync(${JSON.stringify(join(folder, name))}, "");`;
  writeFileSync(join(hostile, "evil.js"), mark("preload-ran"));
  writeFileSync(join(hostile, "bunfig.toml"), 'preload = ["./evil.js"]\n[run]\npreload = ["./evil.js"]\n');
  writeFileSync(join(hostile, ".env"), "HFTZ_REPLAY_ON_ERROR=nonsense\nHFTZ_DEMO_COUNT=nonsense\nFORCE_COLOR=1\n");
  writeFileSync(join(hostile, "tsconfig.json"), "{ broken");
  writeFileSync(join(hostile, "package.json"), '{ "type": "broken" }');
  writeFileSync(join(hostile, "config.toml"), "[replay]\non-error = 5\n");
  writeFileSync(join(hostile, "hftz", "config.toml"), "[replay]\non-error = 5\n");
  writeFileSync(join(hostile, "day.itch"), framed(smallDay));
});
afterAll(() => rmSync(folder, { recursive: true }));

async function alone(args: readonly string[]): Promise<{ status: number; out: string; err: string }> {
  const child = Bun.spawn([copy, ...args], { cwd: hostile, env: {}, stdin: "ignore", stdout: "pipe", stderr: "pipe" });
  const [out, err] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return { status: await child.exited, out, err };
}

const EVERY = [
  [["--version"], /^hftz /],
  [["--help"], /^hftz - /],
  [["replay", "day.itch"], /^A +add order +3/m],
  [["replay", "day.itch", "--bbo"], /^34200000000000,HFTZ,99\.9900,100,,$/m],
  [["feedgen", "--count", "1k", "--to", "/dev/null"], /^ +messages +1,000,/m],
  [["match", "/dev/null", "--reports", "none"], /^ +orders +0/m],
  [["demo", "--count", "10k"], /the books rebuilt from the feed are the engine's books/],
  [["bench", "clock"], /^rdtsc /m],
  [["doctor"], /^\d+ ok, \d+ lacking, /m],
  [["man"], /^\.TH HFTZ 1/],
  [["completions", "bash"], /^complete -F _hftz hftz$/m],
] as const;

test("no command is left out", () => {
  const tried = new Set<string>([...EVERY.map(([[name]]) => name), "boot-kernel"]);
  expect(commands.map(({ name }) => name).filter((name) => !tried.has(name))).toEqual([]);
});

test.each(EVERY)("hftz %p works and takes nothing from the current directory", async (args, words) => {
  const before = readdirSync(hostile).toSorted();
  const { status, out, err } = await alone(args);
  expect(status).toBe(0);
  expect(out).toMatch(words);
  expect(out + err).not.toContain("\u001B[");
  expect(existsSync(join(folder, "preload-ran"))).toBe(false);
  expect(readdirSync(hostile).toSorted()).toEqual(before);
});

test("boot-kernel finds QEMU without a PATH, where a shell would", async () => {
  const { status, out, err } = await alone(["boot-kernel", "--test", "boot/*"]);
  const there = onPath("qemu-system-x86_64", undefined).some(isExecutable);
  if (there) expect({ status, err, out }).toMatchObject({ status: 0, out: expect.stringContaining("passed") });
  else expect({ status, err }).toMatchObject({ status: 3, err: expect.stringContaining("install it") });
});

test("peers need a checkout: the lone binary says so, exit code 3, before anything is measured", async () => {
  const { status, out, err } = await alone(["bench", "ring", "--peers"]);
  expect({ status, out }).toEqual({ status: 3, out: "" });
  expect(err).toContain("--peers needs a checkout of hftz");
});

test("a temporary directory that cannot hold the library is exit code 3 with the reason", async () => {
  const child = Bun.spawn([copy, "replay", "day.itch"], {
    cwd: hostile,
    env: { TMPDIR: "/proc" },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [status, err] = [await child.exited, await new Response(child.stderr).text()];
  expect(status).toBe(3);
  expect(err).toContain("TMPDIR");
});
