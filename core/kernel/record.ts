/** What a boot told, gathered from its lines. */

import type { Fields, Line, Metric } from "./protocol.ts";

export interface Phase {
  readonly name: string;
  /** Guest time since the machine was switched on; the first phase contains the firmware. */
  readonly atNs: number;
  readonly tookNs: number;
}

export interface TestGroup {
  readonly name: string;
  passed: number;
  failed: number;
  skipped: number;
}

export interface Failed {
  readonly name: string;
  /** What the kernel said about it. */
  readonly notes: readonly string[];
}

export class BootRecord {
  version: string | undefined;
  readonly info: Record<string, string> = {};
  readonly groups: TestGroup[] = [];
  readonly failures: Failed[] = [];
  readonly skips: { readonly name: string; readonly why: string }[] = [];
  readonly metrics: Metric[] = [];
  /** The rebuilt books of `--itch`, and the record at which the file ceased to make sense. */
  feed: Fields | undefined;
  feedError: Fields | undefined;
  progress: Fields | undefined;
  readonly #stamps: { readonly name: string; readonly tsc: number }[] = [];
  #notes: string[] = [];

  take(line: Line): void {
    if (line.kind === "banner") this.version = line.version;
    else if (line.kind === "phase") this.#stamps.push(line);
    else if (line.kind === "metric") this.metrics.push(line.metric);
    else if (line.kind === "group") this.groups.push({ name: line.name, passed: 0, failed: 0, skipped: 0 });
    else if (line.kind === "note") this.#notes.push(line.text);
    else if (line.kind === "test") this.#test(line);
    else if (line.kind === "mark") this.#mark(line.name, line.fields);
  }

  #test({ name, outcome, why }: Extract<Line, { kind: "test" }>): void {
    const group = this.groups.at(-1);
    if (group !== undefined) group[outcome]++;
    const full = group === undefined ? name : `${group.name}/${name}`;
    if (outcome === "failed") this.failures.push({ name: full, notes: this.#notes });
    if (outcome === "skipped") this.skips.push({ name: full, why: why ?? "" });
    this.#notes = [];
  }

  #mark(name: string, fields: Fields): void {
    if (name === "info") Object.assign(this.info, fields);
    else if (name === "feed") this.feed = fields;
    else if (name === "feed-error") this.feedError = fields;
    else if (name === "progress") this.progress = fields;
  }

  /** Phases in guest time; empty until the kernel has measured its clock. */
  phases(): readonly Phase[] {
    const perNs = Number(this.info["tsc_hz"] ?? Number.NaN) / 1e9;
    if (!(perNs > 0)) return [];
    let beforeNs = 0;
    return this.#stamps.map(({ name, tsc }) => {
      const atNs = tsc / perNs;
      const phase = { name, atNs, tookNs: atNs - beforeNs };
      beforeNs = atNs;
      return phase;
    });
  }

  /** The latest phase, for a live line. */
  latest(): string {
    return this.#stamps.at(-1)?.name ?? "firmware";
  }

  tests(): { readonly passed: number; readonly failed: number; readonly skipped: number } {
    const sum = (key: "passed" | "failed" | "skipped"): number =>
      this.groups.reduce((all, group) => all + group[key], 0);
    return { passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped") };
  }
}
