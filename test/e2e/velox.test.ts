/** The two halves of the pipeline as two processes of the compiled product: they meet, and each misses the other. */

import { expect, test } from "bun:test";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { BenchResult, Suite } from "../../core/lab/result.ts";
import { binary, hftz } from "../support/product.ts";

const HALF = ["bench", "velox", "--json"];

function memory(what: string): { readonly name: string; readonly path: string } {
  const name = `e2e-${what}-${process.pid}`;
  return { name, path: `/dev/shm/hftz-${name}` };
}

function spawn(role: "ingress" | "downstream", name: string, ...more: readonly string[]) {
  const child = Bun.spawn([binary, ...HALF, `--${role}-only`, "--shm", name, ...more], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const ended = Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text(), child.exited]).then(
    ([out, err, status]) => ({ status, out, err }),
  );
  return { child, ended };
}

function velox(out: string): Suite {
  return (JSON.parse(out) as BenchResult).suites["velox"]!;
}

/** The memory says it itself: it has its name when all of it is there, and each half has a word that is 1 while it is there. */
function isMade(path: string): boolean {
  return existsSync(path) && readFileSync(path).subarray(0, 7).toString() === "HFTZVLX";
}

function isJoined(path: string): boolean {
  return isMade(path) && readFileSync(path).readUInt32LE(24) === 1;
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error("it did not happen within 20 s");
    await Bun.sleep(5);
  }
}

test("two processes joined by shared memory agree on every transaction", async () => {
  const { name, path } = memory("meet");
  // In this order the first has to wait for the other to make the memory.
  const sender = spawn("ingress", name, "--rate", "20k", "--duration", "1s");
  const reader = spawn("downstream", name, "--ring", "8192", "--max-bundle", "5");
  const [sent, received] = await Promise.all([sender.ended, reader.ended]);
  expect([sent.status, received.status]).toEqual([0, 0]);
  const [there, here] = [velox(sent.out), velox(received.out)];
  expect([there["half"], here["half"]]).toEqual(["ingress", "downstream"]);
  for (const key of ["generated", "pushed", "dropped", "out"]) expect([key, here[key]]).toEqual([key, there[key]]);
  expect(here["pushed"]).toBe(here["out"] as number);
  expect(here["out"]).toBeGreaterThan(15_000);
  expect(here.latencies!["endToEnd"]!.count).toBe(here["out"] as number);
  expect(existsSync(path)).toBe(false);
}, 30_000);

test("when the sender is killed the reader ends with one clear line and what had found room comes out", async () => {
  const { name, path } = memory("sender");
  const reader = spawn("downstream", name);
  const sender = spawn("ingress", name, "--duration", "1h");
  await until(() => isJoined(path));
  sender.child.kill("SIGKILL");
  const { status, err } = await reader.ended;
  expect(status).toBe(1);
  expect(err).toMatch(/the ingress half \(process \d+\) died: the \d+ transactions that had found room came out/);
  expect(existsSync(path)).toBe(false);
}, 30_000);

test("when the reader is killed the sender ends with one clear line", async () => {
  const { name, path } = memory("reader");
  const sender = spawn("ingress", name, "--duration", "1h");
  const reader = spawn("downstream", name);
  await until(() => isJoined(path));
  reader.child.kill("SIGKILL");
  const { status, err } = await sender.ended;
  expect(status).toBe(1);
  expect(err).toMatch(/the downstream half \(process \d+\) died/);
  expect(existsSync(path)).toBe(false);
}, 30_000);

test("Ctrl-C at the sender ends both in order", async () => {
  const { name, path } = memory("stop");
  const reader = spawn("downstream", name);
  const sender = spawn("ingress", name, "--duration", "1h");
  await until(() => isJoined(path));
  sender.child.kill("SIGINT");
  const [sent, received] = await Promise.all([sender.ended, reader.ended]);
  expect([sent.status, received.status]).toEqual([130, 0]);
  expect(velox(received.out)["pushed"]).toBe(velox(sent.out)["pushed"] as number);
}, 30_000);

test("shared memory that another program made, or a dead run left, is refused and left alone", async () => {
  const { name, path } = memory("foreign");
  const foreign = "not ours";
  writeFileSync(path, foreign);
  try {
    for (const role of ["ingress", "downstream"]) {
      const { status, err } = await hftz([...HALF, `--${role}-only`, "--shm", name]);
      expect(status).toBe(1);
      expect(err).toContain(`${path} is no shared memory of hftz`);
    }
    expect(await Bun.file(path).text()).toBe(foreign);
  } finally {
    rmSync(path);
  }
  const reader = spawn("downstream", name);
  await until(() => isMade(path));
  const second = await hftz([...HALF, "--downstream-only", "--shm", name]);
  expect([second.status, second.err.includes("has a downstream half already")]).toEqual([1, true]);
  reader.child.kill("SIGKILL");
  await reader.ended;
  for (const role of ["ingress", "downstream"]) {
    const { status, err } = await hftz([...HALF, `--${role}-only`, "--shm", name]);
    expect([status, err.includes(`remove it with rm ${path}`)]).toEqual([1, true]);
  }
  rmSync(path);
}, 30_000);

test("the product counts the allocations of measured loops, and there are none", async () => {
  const { status, out } = await hftz(["bench", "clock", "velox", "--rate", "50k", "--duration", "300ms", "--json"]);
  expect(status).toBe(0);
  const { suites } = JSON.parse(out) as BenchResult;
  expect(Object.entries(suites).map(([name, suite]) => [name, suite["allocations"]])).toEqual([
    ["clock", 0],
    ["velox", 0],
  ]);
}, 30_000);

test.each([
  [["--shm", "lab"], "give one --ingress-only"],
  [["--ingress-only"], "needs --shm NAME"],
  [["--ingress-only", "--downstream-only", "--shm", "lab"], "two processes"],
  [["--ingress-only", "--shm", "a/b"], "1 to 64 letters"],
  [["--ingress-only", "--shm", "lab", "--max-bundle", "5"], "a setting of the downstream half"],
  [["--downstream-only", "--shm", "lab", "--rate", "5"], "a setting of the ingress half"],
] as const)("hftz bench velox %j is wrong usage", async (flags, text) => {
  const { status, out, err } = await hftz(["bench", "velox", ...flags]);
  expect({ status, out }).toEqual({ status: 2, out: "" });
  expect(err).toContain(text);
});
