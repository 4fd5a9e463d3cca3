/** The oldest processor that is promised, x86-64-v2: the product on an emulated one, which has no AVX, BMI or anything younger. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { binary, shell } from "../support/product.ts";

/** Intel's first with SSE4.2 and POPCNT. */
const OLDEST = "qemu-x86_64 -cpu Nehalem";
const emulates = (await shell("command -v qemu-x86_64")).status === 0;
if (!emulates) process.stderr.write("not tested: the oldest processor, because there is no qemu-user\n");

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hftz-floor-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A program for Linux that executes these bytes; it is loaded at 4 MiB. */
function program(name: string, code: readonly number[]): string {
  const [head, start] = [64 + 56, 0x40_0000n];
  const bytes = Buffer.alloc(head + code.length);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1], 0);
  for (const [at, value] of [
    [16, 2],
    [18, 62],
    [20, 1],
    [52, 64],
    [54, 56],
    [56, 1],
    [64, 1],
    [68, 5],
  ] as const)
    bytes.writeUInt16LE(value, at);
  bytes.writeBigUInt64LE(start + BigInt(head), 24);
  bytes.writeBigUInt64LE(64n, 32);
  for (const [at, value] of [
    [80, start],
    [88, start],
    [96, BigInt(bytes.length)],
    [104, BigInt(bytes.length)],
    [112, 4096n],
  ] as const)
    bytes.writeBigUInt64LE(value, at);
  bytes.set(code, head);
  const path = join(folder, name);
  writeFileSync(path, bytes);
  chmodSync(path, 0o755);
  return path;
}

test.skipIf(!emulates)("the emulated processor is as old as it says: it knows no AVX", async () => {
  const exit = [0xb8, 60, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05];
  const vzeroupper = [0xc5, 0xf8, 0x77];
  expect((await shell(`${OLDEST} ${program("old", exit)}`)).status).toBe(0);
  expect((await shell(`${OLDEST} ${program("young", [...vzeroupper, ...exit])}`)).status).not.toBe(0);
});

test.skipIf(!emulates)(
  "feed, engine and books give there what they give here",
  async () => {
    const hashes = (hftz: string): string =>
      `${hftz} feedgen --count 20k --quiet | tee >(sha256sum >&2) | ${hftz} replay - --hash --json --quiet | grep -o '"hash":"[0-9a-f]*"' &&
     ${hftz} feedgen --orders --count 20k --quiet | ${hftz} match --quiet 2>/dev/null | sha256sum`;
    const here = await shell(hashes(`"${binary}"`));
    expect(here.status).toBe(0);
    expect(await shell(hashes(`${OLDEST} "${binary}"`))).toEqual(here);
  },
  120_000,
);
