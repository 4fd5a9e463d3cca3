/** Real boots: the product's, as JSON, and single machines of a test's own making. */

import { join } from "node:path";
import { isExecutable, onPath } from "../../core/kernel/qemu.ts";
import { hftz, root } from "./product.ts";

export const image = join(root, "dist/hft-zero.elf");

const program = (name: string): string | undefined => onPath(name, process.env["PATH"]).find(isExecutable);

/** A program that tests of the kernel need, or undefined after one line that says what is not tested. */
export function toolHere(name: string): string | undefined {
  const found = program(name);
  if (found === undefined) process.stderr.write(`not tested: ${name} is not installed\n`);
  return found;
}

export const qemu = toolHere("qemu-system-x86_64");

export interface KernelReport {
  readonly status: number;
  readonly verdict: string;
  readonly error?: string;
  readonly bootMs?: number;
  readonly info: Readonly<Record<string, string>>;
  readonly phases: readonly { readonly name: string; readonly tookNs: number }[];
  readonly tests: { readonly passed: number; readonly failed: number; readonly skipped: number };
  readonly failures: readonly { readonly name: string; readonly notes: readonly string[] }[];
  readonly metrics: readonly { readonly name: string; readonly class: string; readonly p50: number }[];
  readonly feed?: Readonly<Record<string, string>>;
  readonly lastWords: readonly string[];
}

export async function bootKernel(...args: readonly string[]): Promise<KernelReport> {
  const { out, err } = await hftz(["boot-kernel", "--accel", "tcg", "--json", ...args]);
  if (!out.startsWith("{")) throw new Error(`no report: ${err}`);
  return JSON.parse(out) as KernelReport;
}
