/** The door under load and under abuse: every export a million times after the JIT has compiled its caller, and wrong calls. */

import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ABI_VERSION, CODES, EXPORTS } from "../../ffi/abi.ts";
import { check, library, NativeError } from "../../ffi/library.ts";
import { Session } from "../../ffi/session.ts";
import { library as libraryPath, root } from "../support/product.ts";

// A million calls of the slowest export take seconds, on a loaded machine many.
setDefaultTimeout(120_000);

const { symbols } = library();
const CALLS = 1_000_000;
const WARM_UP = 100_000;
/** A leak of one smallest heap block (32 bytes) a call would be 32 MB. */
const MOST_GROWTH_BYTES = 12e6;

const code = (name: (typeof CODES)[number]): number => CODES.indexOf(name);
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

function lastError(): string {
  const buffer = new Uint8Array(512);
  return new TextDecoder().decode(buffer.subarray(0, symbols.hftz_last_error(buffer, buffer.length)));
}

function residentBytes(): number {
  Bun.gc(true);
  return process.memoryUsage.rss();
}

/**
 * Calls `once` a million times, or as often as is said; every call must return what the first one did, and memory must stay. A garbage collector has its
 * moods, a leak has none: it grows in every round, so one round that stays is proof.
 */
function hammer(once: () => unknown, calls = CALLS): void {
  const expected = once();
  for (let i = 0; i < Math.min(WARM_UP, calls); i++) once();
  const growths: number[] = [];
  for (let round = 0; round < 3; round++) {
    const before = residentBytes();
    let wrong = 0;
    for (let i = 0; i < calls; i++) if (once() !== expected) wrong++;
    expect(wrong).toBe(0);
    growths.push(residentBytes() - before);
    if (growths.at(-1)! < MOST_GROWTH_BYTES) break;
  }
  expect(Math.min(...growths)).toBeLessThan(MOST_GROWTH_BYTES);
}

/** A run that only waits: a feed from standard input that nobody starts. */
const CONFIG = utf8(JSON.stringify({ run: "replay", input: "/dev/null" }));
/** One that is fed call by call, and ends when its result is asked for. */
const MEMORY = utf8(JSON.stringify({ run: "replay", input: "memory" }));

function openRun(config: Uint8Array = CONFIG): number {
  const run = new Uint32Array(1);
  check(symbols.hftz_open(config, config.length, run));
  return run[0]!;
}

/** Names of the library's exports, as its own table of symbols has them; undefined where no tool reads it. */
function exportedNames(): string[] | undefined {
  if (Bun.which("nm") === null) return undefined;
  const { exitCode, stdout } = Bun.spawnSync(["nm", "-D", "--defined-only", "--format=posix", libraryPath]);
  expect(exitCode).toBe(0);
  return stdout
    .toString()
    .trimEnd()
    .split("\n")
    .map((line) => line.split(" ")[0]!);
}

test("the library exports the door and the benchmark's ABI, whose own tests call that, and nothing else", () => {
  const names = exportedNames();
  if (names === undefined) {
    process.stderr.write("not tested: what the library exports, because nm is not installed\n");
    return;
  }
  const yardstick = readFileSync(join(root, "ffi/abi/src/yardstick/mod.rs"), "utf8");
  const others = [...yardstick.matchAll(/^pub (?:unsafe )?extern "C" fn (\w+)/gm)].map((match) => match[1]!);
  expect(others.length).toBeGreaterThan(10);
  expect(names.toSorted()).toEqual([...Object.keys(EXPORTS), ...others].toSorted());
});

describe("a million calls cost no memory", () => {
  const run = openRun();
  const text = new Uint8Array(16_384);
  const length = new Uint32Array(1);
  const done = new Uint32Array(2);
  const bad = utf8('{"run":"nothing"}');
  const ended = openRun(MEMORY);
  const outcome = (of: number): number => symbols.hftz_result(of, text, text.length, length);
  check(symbols.hftz_start(ended));
  check(outcome(ended));

  /** Of every export the ways in which it can be called again and again; the type leaves none out. */
  const calls: Readonly<Record<keyof typeof EXPORTS, Readonly<Record<string, () => unknown>>>> = {
    hftz_abi_version: { "": () => symbols.hftz_abi_version() },
    hftz_layout: { "": () => symbols.hftz_layout(text, text.length, length) },
    hftz_last_error: { "": () => symbols.hftz_last_error(text, text.length) },
    hftz_open: {
      " with a configuration that is refused": () => symbols.hftz_open(bad, bad.length, length),
      " and hftz_close": () => {
        const opened = symbols.hftz_open(CONFIG, CONFIG.length, length);
        return opened * 100 + symbols.hftz_close(length[0]!);
      },
    },
    hftz_start: {
      " with a run that is not there": () => symbols.hftz_start(0),
      " with a run that was started before": () => symbols.hftz_start(ended),
    },
    hftz_wait: {
      " for a run that is not going": () => symbols.hftz_wait(run, 1000),
      " for a run that has ended": () => symbols.hftz_wait(ended, 1000),
    },
    hftz_page: { "": () => symbols.hftz_page(run) },
    hftz_stop: { "": () => symbols.hftz_stop(run) },
    // A run that takes it is fed a million times in memory.test.ts.
    hftz_feed: { " on a run without a memory source": () => symbols.hftz_feed(run, text, 16, text, 0, done) },
    hftz_result: { " before the end": () => outcome(run), " after the end": () => outcome(ended) },
    hftz_close: { " of a run that is not there": () => symbols.hftz_close(0) },
    hftz_fail: { " with a number it does not know": () => symbols.hftz_fail(99) },
  };
  for (const [name, ways] of Object.entries(calls))
    for (const [how, call] of Object.entries(ways)) test(`of ${name}${how}`, () => hammer(call));

  test("of reading the page", () => {
    const session = Session.open({ run: "replay", input: "/dev/null" });
    hammer(() => session.page.counter("messages"));
    session.close();
  });

  test("and no more do whole lives of a run, of which a leak would leave a page of 4 KiB each", () => {
    const lives = process.env["HFTZ_LONG"] === "1" ? CALLS : 20_000;
    hammer(() => {
      const opened = symbols.hftz_open(MEMORY, MEMORY.length, length);
      const own = length[0]!;
      const codes = [opened, symbols.hftz_start(own), outcome(own), symbols.hftz_close(own)];
      return codes.every((each) => each === code("ok"));
    }, lives);
  });
});

describe("a wrong call comes back as an error with text", () => {
  const run = openRun();
  const text = new Uint8Array(4096);
  const length = new Uint32Array(1);

  test.each([
    ["a null configuration", () => symbols.hftz_open(null, 10, length), "null", "config is null"],
    ["a null place for the run's number", () => symbols.hftz_open(CONFIG, CONFIG.length, null), "null", "run is null"],
    ["a negative length", () => symbols.hftz_open(CONFIG, -1, length), "size", "the length of config is 4294967295"],
    ["an empty configuration", () => symbols.hftz_open(CONFIG, 0, length), "refused", "not JSON"],
    ["a configuration that is no object", () => openCode("[1]"), "refused", "must be a JSON object"],
    ["a kind that does not exist", () => openCode('{"run":"x"}'), "refused", 'there is no run called "x"'],
    ["no kind at all", () => openCode("{}"), "refused", '"run" must name one of'],
    ["a key that does not exist", () => openCode('{"run":"replay","input":"x","inptu":1}'), "refused", "inptu"],
    [
      "bytes that are not UTF-8",
      () => symbols.hftz_open(new Uint8Array([0xff, 0xfe]), 2, length),
      "refused",
      "not JSON",
    ],
    [
      "a run that was never opened",
      () => symbols.hftz_start(4_000_000_000),
      "run",
      "no open run has the number 4000000000",
    ],
    ["waiting for a run that is not there", () => symbols.hftz_wait(0, 1000), "run", "no open run has the number 0"],
    ["a negative run", () => symbols.hftz_stop(-1), "run", "no open run has the number 4294967295"],
    ["closing it twice", () => symbols.hftz_close(4_000_000_000), "run", "no open run"],
    ["a result before the end", () => symbols.hftz_result(run, text, text.length, length), "state", "never started"],
    ["too little room", () => symbols.hftz_layout(text, 3, length), "size", "out holds 3 bytes"],
    ["no room at all", () => symbols.hftz_layout(null, 16, length), "null", "out is null"],
    ["a null length", () => symbols.hftz_layout(text, text.length, null), "null", "length is null"],
    [
      "feeding with null bytes",
      () => symbols.hftz_feed(run, null, 9, text, 9, new Uint32Array(2)),
      "null",
      "bytes is null",
    ],
    [
      "feeding without a place for the counts",
      () => symbols.hftz_feed(run, text, 1, text, 0, null),
      "null",
      "done is null",
    ],
    ["a panic", () => symbols.hftz_fail(0), "panic", "internal error: asked to panic"],
  ] as const)("%s", (_, call, expected, words) => {
    expect(call()).toBe(code(expected));
    expect(lastError()).toContain(words);
  });

  function openCode(config: string): number {
    const bytes = utf8(config);
    return symbols.hftz_open(bytes, bytes.length, length);
  }
});

test("both sides speak one ABI, and the page carries its mark", () => {
  expect(symbols.hftz_abi_version()).toBe(ABI_VERSION);
  expect(() => Session.open({ run: "replay", input: "/dev/null" }).close()).not.toThrow();
});

test("the page stays readable while the JIT moves everything else", () => {
  const session = Session.open({ run: "replay", input: "/dev/null" });
  const garbage: Float64Array[] = [];
  for (let i = 0; i < 200_000; i++) {
    if (i % 100 === 0) garbage.push(new Float64Array(64));
    if (session.page.state !== "opened") throw new Error(`state ${session.page.state} after ${i} reads`);
  }
  session.page.requestStop();
  session.close();
  expect(garbage.length).toBe(2000);
});

test("a refused configuration is a NativeError with its code", () => {
  try {
    Session.open({ run: "nothing" });
    throw new Error("it was accepted");
  } catch (cause) {
    expect(cause).toBeInstanceOf(NativeError);
    expect((cause as NativeError).code).toBe("refused");
  }
});

test("closing a session twice does nothing the second time", () => {
  const session = Session.open({ run: "replay", input: "/dev/null" });
  session.close();
  session.close();
});
