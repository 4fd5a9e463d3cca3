/** A boot for people: a timeline, the tests, the measurements with their classes, and a verdict. */

import { renderTable } from "../cli/table.ts";
import type { Boot, Ending } from "../kernel/machine.ts";
import type { BootRecord } from "../kernel/record.ts";
import type { SummaryStyle } from "./summary.ts";
import { formatBytes, formatCount, formatDuration } from "./units.ts";

export interface BootFacts {
  readonly accel: string;
  readonly exact: boolean;
  readonly memoryMiB: number;
  readonly cpus: number;
  readonly firmware: string;
}

const BAR = 36;
const CLASSES: Readonly<Record<string, string>> = {
  I: "I: instructions, exact",
  N: "N: nanoseconds of the same source on this processor",
  E: "E: emulated cycles, no claim about hardware",
  K: "K: cycles under a KVM that passed its trial",
};

export const ENDINGS: Readonly<Record<Ending, string>> = {
  passed: "passed",
  failed: "failed",
  panic: "the kernel panicked",
  fault: "the kernel met a fault it does not handle",
  "triple-fault": "a triple fault reset the machine",
  hang: "the kernel fell silent and was stopped",
  qemu: "QEMU itself failed",
  interrupted: "interrupted",
};

export async function renderBoot(
  boot: Boot,
  record: BootRecord,
  facts: BootFacts,
  style: SummaryStyle,
): Promise<string> {
  const blocks = [
    headline(record, facts, style),
    timeline(record, style),
    await tests(record, style),
    await metrics(record, style),
    feed(record, style),
    lastWords(boot, style),
    verdict(boot, record, style),
  ];
  return blocks.filter((block) => block !== "").join("\n");
}

function headline(
  { version, info }: BootRecord,
  { accel, exact, memoryMiB, cpus, firmware }: BootFacts,
  { paint }: SummaryStyle,
): string {
  const parts = [info["protocol"], firmware, exact ? `${accel}, counting instructions` : accel, `${memoryMiB} MiB`];
  parts.push(`${cpus} processor${cpus === 1 ? "" : "s"}`);
  const name = version === undefined ? "HFT-Zero" : `HFT-Zero ${version}`;
  return `${paint.bold(name)}  ${paint.dim(parts.filter((part) => part !== undefined).join(" · "))}\n`;
}

/** Guest time. Bars compare the steps of the boot; the firmware before it and the work after it are told, not drawn. */
function timeline(record: BootRecord, { paint }: SummaryStyle): string {
  const phases = record.phases();
  if (phases.length === 0) return "";
  const ready = phases.findIndex(({ name }) => name === "ready");
  const isBoot = (index: number): boolean => index > 0 && (ready < 0 || index <= ready);
  const longest = Math.max(1, ...phases.filter((_, index) => isBoot(index)).map(({ tookNs }) => tookNs));
  const wide = Math.max(...phases.map(({ name }) => name.length), "firmware".length);
  const lines = phases.map(({ name, tookNs }, index) => {
    const bar = isBoot(index) ? paint.accent(barOf(tookNs / longest)) : "";
    return `  ${(index === 0 ? "firmware" : name).padEnd(wide)}  ${formatDuration(tookNs).padStart(8)}  ${bar}`.trimEnd();
  });
  return `${paint.bold("Timeline")}\n${lines.join("\n")}\n`;
}

function barOf(share: number): string {
  const eighths = Math.max(1, Math.round(share * BAR * 8));
  const part = eighths % 8;
  return "█".repeat(Math.floor(eighths / 8)) + (part === 0 ? "" : String.fromCodePoint(0x2590 - part));
}

async function tests(record: BootRecord, style: SummaryStyle): Promise<string> {
  if (record.groups.length === 0) return "";
  const { paint } = style;
  const rows = record.groups.map(({ name, passed, failed, skipped }) => [name, passed, failed, skipped].map(String));
  const columns = (["tests", "passed", "failed", "skipped"] as const).map((title, index) => ({
    title,
    align: index === 0 ? ("left" as const) : ("right" as const),
  }));
  const table = await renderTable(columns, rows, style.boxed, paint);
  const failures = record.failures.map(
    ({ name, notes }) => `  ${paint.bad("failed")} ${name}\n${notes.map((note) => `    ${note}\n`).join("")}`,
  );
  const reasons = Map.groupBy(record.skips, ({ why }) => why);
  const skips = [...reasons].map(([why, skipped]) => `  ${paint.dim(`${skipped.length} skipped: ${why}`)}\n`);
  return table + failures.join("") + skips.join("");
}

async function metrics(record: BootRecord, style: SummaryStyle): Promise<string> {
  if (record.metrics.length === 0) return "";
  const columns = ["path", "class", "min", "p50", "p99", "max"].map((title, index) => ({
    title,
    align: index < 2 ? ("left" as const) : ("right" as const),
  }));
  const rows = record.metrics.map(({ name, class: letter, ...value }) => [
    name,
    letter,
    ...[value.min, value.p50, value.p99, value.max].map((figure) =>
      letter === "N" ? figure.toFixed(1) : formatCount(figure),
    ),
  ]);
  const legend = [...new Set(record.metrics.map((metric) => metric.class))].map((letter) => CLASSES[letter] ?? letter);
  const note = style.paint.dim(legend.join("; "));
  return `${await renderTable(columns, rows, style.boxed, style.paint)}  ${note}\n`;
}

function feed({ feed: fields, feedError }: BootRecord, { paint }: SummaryStyle): string {
  if (fields === undefined) return "";
  const { bytes, messages, live, anomalies, hash } = fields;
  const counts = [
    `${formatCount(Number(messages))} messages`,
    formatBytes(Number(bytes)),
    `${formatCount(Number(live))} live orders`,
  ];
  counts.push(`${formatCount(Number(anomalies))} anomalies`);
  const error = feedError === undefined ? "" : `  ${paint.bad(feedError["message"] ?? "bad record")}\n`;
  return `${paint.bold("Books")}  ${counts.join(", ")}\n  hash ${hash}\n${error}`;
}

function lastWords({ lastWords: lines, complaint, ending }: Boot, { paint }: SummaryStyle): string {
  const words = [...lines, ...(ending === "qemu" ? complaint.split("\n") : [])].filter((line) => line !== "");
  return words.length === 0 ? "" : `${paint.bold("Last words")}\n${words.map((line) => `  ${line}\n`).join("")}`;
}

function verdict({ ending, bannerMs }: Boot, record: BootRecord, { paint }: SummaryStyle): string {
  const { passed, failed, skipped } = record.tests();
  const colour = ending === "passed" ? paint.good : paint.bad;
  const parts = [colour(ENDINGS[ending])];
  if (record.groups.length > 0) parts.push(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  if (bannerMs !== undefined) parts.push(`${bannerMs.toFixed(1)} ms from exec to banner`);
  return `${parts.join(" · ")}\n`;
}
