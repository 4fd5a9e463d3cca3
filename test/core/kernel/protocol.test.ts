/** The kernel's lines, as the driver reads them. */

import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { LineSplitter, parseFields, parseLine } from "../../../core/kernel/protocol.ts";

describe("a line", () => {
  test("of a phase carries its time stamp", () => {
    expect(parseLine("@phase name=heap tsc=172754532")).toEqual({ kind: "phase", name: "heap", tsc: 172754532 });
  });

  test("of a measurement carries its class and its order statistics", () => {
    const line = parseLine("@metric name=frame/alloc class=I unit=insn n=101 min=25 p50=25 p99=26 max=27");
    const metric = { name: "frame/alloc", class: "I", unit: "insn", n: 101, min: 25, p50: 25, p99: 26, max: 27 };
    expect(line).toEqual({ kind: "metric", metric });
  });

  test("of a test says how it ended and why it was skipped", () => {
    expect(parseLine("  ok 1 a")).toEqual({ kind: "test", name: "a", outcome: "passed", why: undefined });
    expect(parseLine("  not ok 2 b")).toEqual({ kind: "test", name: "b", outcome: "failed", why: undefined });
    expect(parseLine("  ok 3 c # SKIP one processor")).toEqual({
      kind: "test",
      name: "c",
      outcome: "skipped",
      why: "one processor",
    });
  });

  test("of KTAP's frame says nothing, a subtest names its group", () => {
    for (const frame of ["KTAP version 1", "1..10", "  KTAP version 1", "  1..8", "ok 1 boot", "not ok 2 mem/heap"]) {
      expect(parseLine(frame)).toBeUndefined();
    }
    expect(parseLine("  # Subtest: mem/heap")).toEqual({ kind: "group", name: "mem/heap" });
  });

  test("of a panic keeps its message whole", () => {
    const line = parseLine("@panic file=a.rs line=13 message=kfree(0x1, 64): a=b DoubleFree");
    const fields = { file: "a.rs", line: "13", message: "kfree(0x1, 64): a=b DoubleFree" };
    expect(line).toEqual({ kind: "mark", name: "panic", fields });
  });

  test("of anything else is text", () => {
    expect(parseLine("#PF page fault on processor 0")).toEqual({ kind: "text", text: "#PF page fault on processor 0" });
  });
});

test("quoted values lose their quotes and their escapes", () => {
  expect(parseFields(String.raw`a=1 cmdline="test=* \"x\"" b=2`)).toEqual({ a: "1", cmdline: 'test=* "x"', b: "2" });
});

test("no line makes the reader throw", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void parseLine(text)));
  fc.assert(fc.property(fc.string(), (text) => void parseLine(`@${text}`)));
});

test("lines come out the same however the stream is cut", () => {
  const text = "HFT-Zero 0.1.0\r\n@phase name=a tsc=1\r\nµ\r\nrest";
  const bytes = new TextEncoder().encode(text);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: bytes.length })), (cuts) => {
      const splitter = new LineSplitter();
      const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
      const lines = places.slice(1).flatMap((end, index) => splitter.push(bytes.subarray(places[index]!, end)));
      expect(lines).toEqual(["HFT-Zero 0.1.0", "@phase name=a tsc=1", "µ"]);
      expect(splitter.rest()).toBe("rest");
    }),
  );
});
