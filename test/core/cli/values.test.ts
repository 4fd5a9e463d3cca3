import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import {
  readBurst,
  readBytes,
  readClock,
  readCount,
  readDecimal,
  readDuration,
  readFactor,
  readRate,
  readSeed,
  readSwitch,
} from "../../../core/cli/values.ts";

describe("a count", () => {
  test.each([
    ["0", 0],
    ["8", 8],
    ["200k", 200_000],
    ["200K", 200_000],
    ["5M", 5_000_000],
    ["1.5M", 1_500_000],
    ["2G", 2_000_000_000],
    ["1_000_000", 1_000_000],
    ["9007199254740991", Number.MAX_SAFE_INTEGER],
  ])("reads %s as %d", (text, value) => expect(readCount(text)).toBe(value));

  test.each([
    "",
    "-1",
    "+1",
    "1e6",
    "5m",
    "5MB",
    "1.5",
    "0.0001k",
    "1_",
    "_1",
    "0x10",
    " 5",
    "9007199254740992",
    "5 M",
  ])("refuses %p", (text) => expect(readCount(text)).toBeUndefined());

  test("survives a round trip through its shortest spelling", () => {
    fc.assert(
      fc.property(fc.maxSafeNat(), (n) => {
        expect(readCount(String(n))).toBe(n);
      }),
    );
  });
});

describe("a rate", () => {
  test("may carry its per second", () => expect(readRate("1M/s")).toBe(1_000_000));
  test("cannot be zero", () => expect(readRate("0")).toBeUndefined());
});

describe("a duration", () => {
  test.each([
    ["10s", 10e9],
    ["100us", 100e3],
    ["100µs", 100e3],
    ["2.5ms", 2.5e6],
    ["1.1us", 1100],
    ["250ns", 250],
    ["1h30m", 5400e9],
    ["1m30s", 90e9],
    ["0", 0],
  ])("reads %s as %d ns", (text, ns) => expect(readDuration(text)).toBe(ns));

  test.each(["", "10", "s", "10 s", "1.5ns", "-1s", "1s2", "10x", "10S"])("refuses %p", (text) => {
    expect(readDuration(text)).toBeUndefined();
  });
});

describe("a size", () => {
  test.each([
    ["64MiB", 64 << 20],
    ["1500", 1500],
    ["1500B", 1500],
    ["1.5GB", 1_500_000_000],
    ["4kB", 4000],
    ["0.5KiB", 512],
  ])("reads %s as %d bytes", (text, bytes) => expect(readBytes(text)).toBe(bytes));

  test.each(["", "64M", "64mib", "0.3B", "-1"])("refuses %p", (text) => expect(readBytes(text)).toBeUndefined());
});

describe("a time of day", () => {
  test.each([
    ["10:30", 37_800e9],
    ["10:30:00", 37_800e9],
    ["9:30:00.000000001", 34_200e9 + 1],
    ["23:59:59.999999999", 86_400e9 - 1],
    ["00:00:00.5", 500_000_000],
  ])("reads %s as %d ns since midnight", (text, ns) => expect(readClock(text)).toBe(ns));

  test.each(["", "10", "24:00", "10:60", "10:30:60", "10:30:00.0000000001", "10:30.5", "1030"])(
    "refuses %p",
    (text) => {
      expect(readClock(text)).toBeUndefined();
    },
  );
});

describe("a seed", () => {
  test("stays a number while JSON keeps it exact", () => expect(readSeed("42")).toBe(42));
  test("becomes text above 2^53", () => expect(readSeed("0xffffffffffffffff")).toBe("18446744073709551615"));
  test.each(["", "-1", "18446744073709551616", "1.5", "0x"])("refuses %p", (text) => {
    expect(readSeed(text)).toBeUndefined();
  });
});

test("a speed is a positive factor, with or without the x", () => {
  expect(readFactor("10x")).toBe(10);
  expect(readFactor("0.5")).toBe(0.5);
  for (const text of ["0", "0x", "x", "-1x", "fast"]) expect(readFactor(text)).toBeUndefined();
});

test("a switch knows four spellings of each answer and no other", () => {
  for (const text of ["1", "true", "yes", "on", "TRUE"]) expect(readSwitch(text)).toBe(true);
  for (const text of ["0", "false", "no", "off"]) expect(readSwitch(text)).toBe(false);
  expect(readSwitch("maybe")).toBeUndefined();
});

test("no reader throws, whatever the text", () => {
  const readers = [readBytes, readClock, readCount, readDuration, readFactor, readRate, readSeed, readSwitch];
  fc.assert(
    fc.property(fc.string(), (text) => {
      for (const reader of readers) reader(text);
    }),
  );
});

describe("a decimal", () => {
  test.each([
    ["0", 0],
    ["0.5", 0.5],
    ["80", 80],
    ["1.25k", 1250],
    ["1M", 1_000_000],
  ])("reads %s as %d", (text, value) => expect(readDecimal(text)).toBe(value));

  test.each(["", "-1", "NaN", "Infinity", "1e3", ".5", "5.", "0x1", "1 ", "9999999999999999"])(
    "does not read %p",
    (text) => expect(readDecimal(text)).toBeUndefined(),
  );
});

describe("a burst", () => {
  test("reads its factor, its length and its interval", () =>
    expect(readBurst("10x,1ms/100ms")).toEqual({ factor: 10, lengthNs: 1e6, everyNs: 1e8 }));

  test.each(["", "10x", "10,1ms/100ms", "10x,1ms", "1.5x,1ms/2ms", "-2x,1ms/2ms", "2x,1/2", "2x,1ms/2ms/3ms"])(
    "does not read %p",
    (text) => expect(readBurst(text)).toBeUndefined(),
  );
});
