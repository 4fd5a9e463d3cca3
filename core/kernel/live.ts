/** The boot as it happens: one line on a terminal that is rewritten, nothing in a log - the report says it all. */

import { writeErr } from "../cli/output.ts";
import { isTerminal } from "../cli/terminal.ts";
import { formatBytes } from "../report/units.ts";
import type { BootRecord } from "./record.ts";

const EVERY_MS = 40;
const CLEAR_LINE = "\r\u001B[2K";

export class LiveBoot {
  readonly #shown: boolean;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(quiet: boolean) {
    this.#shown = !quiet && isTerminal(2);
  }

  update(record: BootRecord, atMs: number): void {
    if (!this.#shown || atMs - this.#lastMs < EVERY_MS) return;
    this.#lastMs = atMs;
    writeErr(`${CLEAR_LINE}${liveLine(record, atMs)}`);
  }

  end(): void {
    if (this.#shown) writeErr(CLEAR_LINE);
  }
}

export function liveLine(record: BootRecord, atMs: number): string {
  const { passed, failed } = record.tests();
  const parts = [`boot-kernel ${record.latest()}`, `${Math.round(atMs)} ms`];
  const group = record.groups.at(-1);
  if (group !== undefined) parts.push(`${group.name}: ${passed} passed${failed > 0 ? `, ${failed} failed` : ""}`);
  const metric = record.metrics.at(-1);
  if (metric !== undefined) parts.push(`measured ${metric.name}`);
  if (record.progress !== undefined && record.feed === undefined) {
    parts.push(`${formatBytes(Number(record.progress["bytes"]))} of ${formatBytes(Number(record.progress["of"]))}`);
  }
  return parts.join(" | ").slice(0, 79);
}
