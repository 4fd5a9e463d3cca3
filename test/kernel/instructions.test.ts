/**
 * Instruction counts against the committed table. They depend on nothing but the image, so they are compared exactly - but
 * only when the same compiler made both. `HFTZ_RECORD=1 bun test test/kernel/instructions.test.ts` writes the table anew.
 */

import { expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bootKernel, qemu } from "../support/kernel.ts";

const file = join(import.meta.dir, "instructions.json");

interface Table {
  readonly rustc: string;
  readonly qemuOption: string;
  /** Median instructions by path. */
  readonly paths: Readonly<Record<string, number>>;
}

test.skipIf(qemu === undefined)(
  "every path takes the instructions that the table says, twice",
  async () => {
    const first = await bootKernel("--bench", "--exact");
    const second = await bootKernel("--bench", "--exact");
    expect(second.metrics).toEqual(first.metrics);
    expect(first.metrics.every((metric) => metric.class === "I")).toBe(true);
    // The engine's commands are its own crate's figure; here are the kernel's.
    const own = first.metrics.filter(({ name }) => !name.startsWith("trade/"));
    const paths = Object.fromEntries(own.map(({ name, p50 }) => [name, p50]));
    const rustc = first.info["rustc"] ?? "unknown";
    if (process.env["HFTZ_RECORD"] !== undefined || !existsSync(file)) {
      const table: Table = { rustc, qemuOption: "-icount shift=0,sleep=off", paths };
      writeFileSync(file, `${JSON.stringify(table, undefined, 2)}\n`);
      return;
    }
    const table = JSON.parse(readFileSync(file, "utf8")) as Table;
    if (table.rustc !== rustc) {
      process.stderr.write(`cannot compare: the table is of ${table.rustc}, the image of ${rustc}\n`);
      return;
    }
    expect(paths).toEqual(table.paths);
  },
  60_000,
);
