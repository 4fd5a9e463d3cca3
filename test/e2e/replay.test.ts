/** `hftz replay` over a small day whose books are written out here, byte for byte. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { add, framed, remove, smallDay, systemEvent } from "../support/itch.ts";
import { hftz, shell } from "../support/product.ts";

let folder = "";
let day = "";
const bytes = framed(smallDay);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hftz-replay-"));
  day = join(folder, "day.itch");
  writeFileSync(day, bytes);
});
afterAll(() => rmSync(folder, { recursive: true }));

const BBO = `time_ns,symbol,bid_price,bid_size,ask_price,ask_size
34200000000000,HFTZ,99.9900,100,,
34200000000001,HFTZ,99.9900,100,100.0100,200
34200000000002,HFTZ,99.9900,400,100.0100,200
34200000000003,HFTZ,99.9900,300,100.0100,200
34200000000004,HFTZ,99.9900,300,100.0100,150
34200000000005,HFTZ,100.0000,250,100.0100,150
34200000000006,HFTZ,100.0000,250,,
`;

const joined = (...parts: readonly Uint8Array[]): Uint8Array => new Uint8Array(Buffer.concat(parts));

interface Summary {
  readonly status: number;
  readonly messages: number;
  readonly byType: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, { readonly count: number; readonly firstOffset: number }>>;
  readonly [key: string]: unknown;
}

async function summaryOf(args: readonly string[], stdin?: Uint8Array): Promise<Summary> {
  const { out } = await hftz(["replay", ...args, "--json"], stdin === undefined ? {} : { stdin });
  expect(out.trimEnd().split("\n")).toHaveLength(1);
  return JSON.parse(out) as Summary;
}

describe("the summary", () => {
  test("counts every type, from a file, a pipe and gzip alike", async () => {
    const zipped = join(folder, "day.itch.gz");
    writeFileSync(zipped, Bun.gzipSync(bytes));
    for (const summary of [await summaryOf([day]), await summaryOf(["-"], bytes), await summaryOf([zipped])]) {
      expect(summary.status).toBe(0);
      expect(summary.messages).toBe(10);
      expect(summary.byType).toEqual({ S: 2, R: 1, A: 3, E: 1, X: 1, D: 1, U: 1 });
      expect(summary.faults).toEqual({});
    }
  });

  test("is text for people without --json, plain in a pipe", async () => {
    const { status, out, err } = await hftz(["replay", day]);
    expect({ status, err }).toEqual({ status: 0, err: "" });
    expect(out).toMatch(/^type +message +count +of all$/m);
    expect(out).toMatch(/^A +add order +3 +30\.0 %$/m);
    expect(out).not.toMatch(/[│┌]/);
  });

  test("is boxed on a terminal", async () => {
    const { out } = await shell(`script -qec "hftz replay ${day}" /dev/null`, {
      env: { TERM: "xterm", NO_COLOR: "1" },
    });
    expect(out).toContain("│ A    │ add order");
  });

  test("counts without books when only counting is asked for", async () => {
    expect((await summaryOf([day, "--count-only"])).byType["A"]).toBe(3);
  });

  test("--json echoes the settings of the run", async () => {
    const summary = await summaryOf([day, "--on-error", "skip"]);
    expect(summary["settings"]).toMatchObject({ input: day, "on-error": "skip" });
  });
});

describe("the top of the book", () => {
  test("is one CSV row after each change, an empty side two empty fields", async () => {
    const { status, out } = await hftz(["replay", day, "--bbo"]);
    expect({ status, out }).toEqual({ status: 0, out: BBO });
  });

  test("has the same names and values as NDJSON", async () => {
    const { out } = await hftz(["replay", day, "--bbo", "--format", "ndjson"]);
    const [header = "", ...rows] = BBO.trimEnd().split("\n");
    const expected = rows.map((row) => {
      const cells = row.split(",").map((cell, index) => (index === 1 ? cell : cell === "" ? null : Number(cell)));
      return Object.fromEntries(header.split(",").map((name, index) => [name, cells[index]]));
    });
    const lines = out.trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(expected);
  });

  test("goes to stdout alone: the summary is on stderr, as JSON when asked", async () => {
    const { out, err } = await hftz(["replay", day, "--bbo", "--json"]);
    expect(out).toBe(BBO);
    expect((JSON.parse(err) as Summary).messages).toBe(10);
  });

  test("of another symbol is only the header", async () => {
    const { out } = await hftz(["replay", day, "--bbo", "--symbol", "AAPL"]);
    expect(out).toBe(BBO.split("\n")[0] + "\n");
  });

  test("ends at --at", async () => {
    const { out } = await hftz(["replay", day, "--bbo", "--at", "9:30:00.000000001"]);
    expect(out).toBe(BBO.split("\n").slice(0, 3).join("\n") + "\n");
  });
});

test("a feed that is sent on to a pipe or a file is the same bytes", async () => {
  const copy = join(folder, "copy.itch");
  expect((await hftz(["replay", day, "--to", copy])).status).toBe(0);
  expect((await shell(`cmp ${day} ${copy} && hftz replay ${day} --to - 2>/dev/null | cmp - ${day}`)).status).toBe(0);
});

test("--pace 10x takes a tenth of the feed's own time and changes no byte", async () => {
  const [second, copy] = [join(folder, "second.itch"), join(folder, "second-again.itch")];
  const at = (tenth: number): number => 34_200e9 + tenth * 1e8;
  const adds = Array.from({ length: 11 }, (_, tenth) => add(at(tenth), 7, "HFTZ", tenth + 1, "B", 100, 10_000));
  writeFileSync(second, framed(adds));
  const { status, out } = await hftz(["replay", second, "--pace", "10x", "--to", copy, "--json"]);
  const { elapsedNs, published } = JSON.parse(out) as { elapsedNs: number; published: Record<string, unknown> };
  expect({ status, published }).toMatchObject({ status: 0, published: { messages: 11, pace: 10 } });
  expect(elapsedNs).toBeGreaterThanOrEqual(100e6);
  expect(readFileSync(copy).equals(readFileSync(second))).toBe(true);
});

test("trades name price, size, the resting side and the match", async () => {
  const { out } = await hftz(["replay", day, "--trades"]);
  expect(out).toBe("time_ns,symbol,price,size,side,match\n34200000000003,HFTZ,99.9900,100,B,50\n");
});

test("messages are one line each, and each NDJSON line is an object", async () => {
  const { out } = await hftz(["replay", day, "--messages", "--format", "ndjson"]);
  const lines = out.trimEnd().split("\n");
  expect(lines).toHaveLength(10);
  for (const line of lines) expect(typeof JSON.parse(line)).toBe("object");
});

test("the state hash is 16 hex digits, the same from a file and a pipe, and another for another book", async () => {
  const [file, pipe] = [await summaryOf([day, "--hash"]), await summaryOf(["-", "--hash"], bytes)];
  expect(file["hash"]).toMatch(/^[0-9a-f]{16}$/);
  expect(pipe["hash"]).toBe(file["hash"]);
  const other = framed([...smallDay.slice(0, -1), remove(34_200e9 + 7, 7, 4)]);
  expect((await summaryOf(["-", "--hash"], other))["hash"]).not.toBe(file["hash"]);
});

describe("bad input", () => {
  const good = framed(smallDay.slice(0, 5));

  test("that is cut stops with exit code 1, keeps what came before and names the offset", async () => {
    const { status, out, err } = await hftz(["replay", "-", "--json"], {
      stdin: joined(good, new Uint8Array([0, 36, 65])),
    });
    expect(status).toBe(1);
    const summary = JSON.parse(out) as Summary;
    expect(summary.messages).toBe(5);
    expect(Object.values(summary.faults)).toEqual([expect.objectContaining({ count: 1, firstOffset: good.length })]);
    expect(err).toContain(`offset ${good.length}`);
  });

  test("of an unknown type or a wrong length stops, and --on-error skip goes on behind it", async () => {
    const unknown = new Uint8Array([0, 3, 0x7a, 1, 2]);
    const short = new Uint8Array([0, 3, 0x41, 1, 2]);
    for (const bad of [unknown, short]) {
      const stdin = joined(good, bad, framed(smallDay.slice(5)));
      expect((await hftz(["replay", "-"], { stdin })).status).toBe(1);
      const skipped = await hftz(["replay", "-", "--on-error", "skip", "--json"], { stdin });
      expect(skipped.status).toBe(0);
      expect((JSON.parse(skipped.out) as Summary).messages).toBe(10);
    }
  });

  test("of length zero is the end of session as the very last record and an error before", async () => {
    const zero = new Uint8Array([0, 0]);
    expect((await hftz(["replay", "-"], { stdin: joined(bytes, zero) })).status).toBe(0);
    const early = await hftz(["replay", "-"], { stdin: joined(good, zero, framed(smallDay.slice(5))) });
    expect(early.status).toBe(1);
    expect(early.err).toContain(`offset ${good.length}`);
  });

  test("to the book is counted with its offset and does not stop", async () => {
    const messages = [
      ...smallDay.slice(0, 3),
      remove(34_200e9 + 1, 7, 99),
      add(34_200e9 + 2, 7, "HFTZ", 1, "B", 5, 10_000),
    ];
    const { status, out } = await hftz(["replay", "-", "--json"], { stdin: framed(messages) });
    const summary = JSON.parse(out) as Summary & { readonly anomalies: Summary["faults"] };
    expect(status).toBe(0);
    const counts = Object.values(summary.anomalies).filter(({ count }) => count > 0);
    expect(counts.map(({ count }) => count)).toEqual([1, 1]);
    expect((await hftz(["replay", "-", "--on-error", "stop"], { stdin: framed(messages) })).status).toBe(1);
  });

  test("of nothing at all is no feed: the pipe that should have filled it failed", async () => {
    const { status, err } = await hftz(["replay", "-"], { stdin: new Uint8Array() });
    expect({ status, err }).toEqual({ status: 1, err: "hftz: standard input is empty\n" });
  });

  test("that is one event is a day of one event", async () => {
    expect((await summaryOf(["-"], framed([systemEvent(1, "O")]))).byType).toEqual({ S: 1 });
  });
});
