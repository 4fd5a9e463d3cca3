/** A replay on memory: the native books, fed call by call, beside the naive ones. */

import { expect, test } from "bun:test";
import fc from "fast-check";
import { NativeError } from "../../ffi/library.ts";
import { Session } from "../../ffi/session.ts";
import { type Best, NaiveReplica } from "../oracle/replica.ts";
import { add, cancel, directory, execute, framed, remove, replace, smallDay } from "../support/itch.ts";

const EMPTY = new Uint8Array();

function openReplay(more: Record<string, unknown> = {}): Session {
  const session = Session.open({ run: "replay", input: "memory", output: "bbo", ...more });
  session.start();
  return session;
}

/** Feeds `bytes` in pieces of `step` and returns what the run wrote, taken out `room` bytes at a time. */
function throughMemory(session: Session, bytes: Uint8Array, step: number, room: number): string {
  const out = new Uint8Array(room);
  let text = "";
  const decoder = new TextDecoder();
  const give = (piece: Uint8Array): void => {
    for (let rest = piece; ;) {
      const { consumed, written } = session.feed(rest, out);
      text += decoder.decode(out.subarray(0, written), { stream: true });
      rest = rest.subarray(consumed);
      if (rest.length === 0 && written === 0) return;
    }
  };
  for (let at = 0; at < bytes.length; at += step) give(bytes.subarray(at, at + step));
  return text;
}

test("the size of the pieces changes nothing", () => {
  const bytes = framed(smallDay);
  const whole = openReplay();
  const expected = throughMemory(whole, bytes, bytes.length, 65_536);
  whole.close();
  expect(expected.split("\n")).toHaveLength(9);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 80 }), fc.integer({ min: 1, max: 200 }), (step, room) => {
      const session = openReplay();
      expect(throughMemory(session, bytes, step, room)).toBe(expected);
      expect(session.outcome()).toMatchObject({ status: 0, result: { messages: smallDay.length } });
      session.close();
    }),
    { numRuns: 60 },
  );
});

test("a broken record is an error with its offset, and the outcome keeps what came before", () => {
  const session = openReplay();
  const bytes = framed([...smallDay.slice(0, 3), new Uint8Array([0x7a, 1])]);
  expect(() => throughMemory(session, bytes, bytes.length, 65_536)).toThrow(NativeError);
  expect(session.outcome()).toMatchObject({ status: 1, result: { messages: 3 } });
  session.close();
});

/** One step of a random day, with references and prices from small sets, so that steps meet. */
const step = fc.record({
  kind: fc.constantFrom("A", "A", "A", "E", "X", "D", "U"),
  reference: fc.integer({ min: 1, max: 30 }),
  other: fc.integer({ min: 1, max: 30 }),
  side: fc.constantFrom("B" as const, "S" as const),
  shares: fc.integer({ min: 1, max: 500 }),
  price: fc.integer({ min: 1, max: 12 }),
});

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function encode({ kind, reference, other, side, shares, price }: Step, time: number): Uint8Array {
  switch (kind) {
    case "A":
      return add(time, 1, "HFTZ", reference, side, shares, price * 100);
    case "E":
      return execute(time, 1, reference, shares, time);
    case "X":
      return cancel(time, 1, reference, shares);
    case "D":
      return remove(time, 1, reference);
    default:
      return replace(time, 1, reference, other, shares, price * 100);
  }
}

function apply(book: NaiveReplica, { kind, reference, other, side, shares, price }: Step): void {
  if (kind === "A") book.add(reference, side, shares, price * 100);
  else if (kind === "E" || kind === "X") book.reduce(reference, shares);
  else if (kind === "D") book.remove(reference);
  else book.replace(reference, other, shares, price * 100);
}

test("the top of the book is the naive book's after every message", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
      const book = new NaiveReplica();
      const messages = [directory(0, 1, "HFTZ")];
      const rows = ["time_ns,symbol,bid_price,bid_size,ask_price,ask_size"];
      let last = ",,,";
      for (const each of steps) {
        messages.push(encode(each, messages.length));
        apply(book, each);
        const top = `${cells(book.best("B"))},${cells(book.best("S"))}`;
        if (top !== last) rows.push(`${messages.length - 1},HFTZ,${top}`);
        last = top;
      }
      const session = openReplay();
      expect(throughMemory(session, framed(messages), 4096, 65_536)).toBe(`${rows.join("\n")}\n`);
      expect(session.outcome().result["liveOrders"]).toBe(book.live);
      session.close();
    }),
    { numRuns: process.env["HFTZ_LONG"] === "1" ? 20_000 : 200 },
  );
});

function cells(best: Best): string {
  return best === null ? "," : `${(best.price / 1e4).toFixed(4)},${best.size}`;
}

test("a million feeds cost no memory", () => {
  const session = openReplay();
  const out = new Uint8Array(4096);
  session.feed(framed([directory(0, 1, "HFTZ")]), out);
  const pair = framed([add(1, 1, "HFTZ", 1, "B", 100, 10_000), remove(1, 1, 1)]);
  const feed = (times: number): void => {
    for (let i = 0; i < times; i++) session.feed(pair, out);
  };
  feed(100_000);
  Bun.gc(true);
  const before = process.memoryUsage.rss();
  feed(1_000_000);
  Bun.gc(true);
  expect(process.memoryUsage.rss() - before).toBeLessThan(12e6);
  while (session.feed(EMPTY, out).written > 0);
  expect(session.outcome().result["messages"]).toBe(2_200_001);
  session.close();
}, 60_000);
