/**
 * The lines that the kernel writes to its serial port, as values (`ffi/kernel/src/report.rs` defines them): `@name key=value
 * ...` for machines, KTAP version 1 for tests, anything else for people.
 */

export type Fields = Readonly<Record<string, string>>;

/** Order statistics of one measurement. */
export interface Metric {
  readonly name: string;
  /** I instructions, N native nanoseconds, E emulated, K under a hypervisor that passed the probe. */
  readonly class: string;
  readonly unit: string;
  readonly n: number;
  readonly min: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export type Outcome = "passed" | "failed" | "skipped";

export type Line =
  | { readonly kind: "banner"; readonly version: string }
  | { readonly kind: "phase"; readonly name: string; readonly tsc: number }
  | { readonly kind: "metric"; readonly metric: Metric }
  | { readonly kind: "group"; readonly name: string }
  | { readonly kind: "test"; readonly name: string; readonly outcome: Outcome; readonly why: string | undefined }
  | { readonly kind: "note"; readonly text: string }
  | { readonly kind: "mark"; readonly name: string; readonly fields: Fields }
  | { readonly kind: "text"; readonly text: string };

const MARK = /^@([a-z-]+) ?(.*)$/;
const TEST = /^ {2}(not )?ok \d+ (\S+)(?: # SKIP (.*))?$/;
const GROUP = /^ {2}# Subtest: (\S+)$/;
const KTAP_FRAME = /^ *(KTAP version 1|1\.\.\d+)$|^(not )?ok \d+ \S+$/;
/** A value is bare or quoted; `message=` of a panic takes the rest of the line. */
const FIELD = /([a-z_0-9]+)=("(?:[^"\\]|\\.)*"|\S*)/g;

/** Undefined for KTAP's framing, which says nothing that its leaves do not. */
export function parseLine(text: string): Line | undefined {
  const mark = MARK.exec(text);
  if (mark !== null) return parseMark(mark[1]!, mark[2]!);
  const test = TEST.exec(text);
  if (test !== null) {
    const outcome = test[1] !== undefined ? "failed" : test[3] !== undefined ? "skipped" : "passed";
    return { kind: "test", name: test[2]!, outcome, why: test[3] };
  }
  const group = GROUP.exec(text);
  if (group !== null) return { kind: "group", name: group[1]! };
  if (KTAP_FRAME.test(text)) return undefined;
  const banner = /^HFT-Zero (\d\S*)$/.exec(text);
  if (banner !== null) return { kind: "banner", version: banner[1]! };
  if (/^ *# /.test(text)) return { kind: "note", text: text.trim().slice(2) };
  return { kind: "text", text };
}

function parseMark(name: string, rest: string): Line {
  const fields = parseFields(rest);
  if (name === "phase" && fields["name"] !== undefined) {
    return { kind: "phase", name: fields["name"], tsc: Number(fields["tsc"]) };
  }
  if (name === "metric" && fields["name"] !== undefined) {
    const [n, min, p50, p99, max] = ["n", "min", "p50", "p99", "max"].map((key) => Number(fields[key])) as [
      number,
      number,
      number,
      number,
      number,
    ];
    const metric = {
      name: fields["name"],
      class: fields["class"] ?? "",
      unit: fields["unit"] ?? "",
      n,
      min,
      p50,
      p99,
      max,
    };
    return { kind: "metric", metric };
  }
  return { kind: "mark", name, fields };
}

export function parseFields(text: string): Fields {
  const fields: Record<string, string> = {};
  const message = /(?:^| )message=([^"].*)$/.exec(text);
  const head = message === null ? text : text.slice(0, message.index);
  for (const [, key, value] of head.matchAll(FIELD)) fields[key!] = unquoted(value!);
  if (message !== null) fields["message"] = message[1]!;
  return fields;
}

function unquoted(value: string): string {
  return value.startsWith('"') ? value.slice(1, -1).replaceAll(/\\(.)/g, "$1") : value;
}

/** Cuts a byte stream into lines; carriage returns are the serial port's, not the text's. */
export class LineSplitter {
  readonly #decoder = new TextDecoder();
  #tail = "";

  push(bytes: Uint8Array): readonly string[] {
    const lines = (this.#tail + this.#decoder.decode(bytes, { stream: true })).split("\n");
    this.#tail = lines.pop() ?? "";
    return lines.map((line) => line.replace(/\r$/, ""));
  }

  /** What came after the last line end. */
  rest(): string {
    return this.#tail.replace(/\r$/, "");
  }
}
