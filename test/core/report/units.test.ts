import { expect, test } from "bun:test";
import {
  formatBytes,
  formatClock,
  formatCount,
  formatDuration,
  formatRate,
  formatShare,
} from "../../../core/report/units.ts";

test("counts are grouped by thousands", () => {
  expect(formatCount(0)).toBe("0");
  expect(formatCount(999)).toBe("999");
  expect(formatCount(12_345_678)).toBe("12,345,678");
  expect(formatCount(-1234)).toBe("-1,234");
  expect(formatCount(2.5)).toBe("2.5");
});

test("rates and bytes keep three significant digits and never show 1000 of a unit", () => {
  expect(formatRate(31_234_567)).toBe("31.2 M/s");
  expect(formatRate(999_600)).toBe("1.00 M/s");
  expect(formatRate(0)).toBe("0/s");
  expect(formatBytes(512)).toBe("512 B");
  expect(formatBytes(1_210_000_000)).toBe("1.21 GB");
});

test("durations choose their unit", () => {
  expect(formatDuration(38.2)).toBe("38.2 ns");
  expect(formatDuration(1_250_000)).toBe("1.25 ms");
  expect(formatDuration(2_500_000_000)).toBe("2.50 s");
  expect(formatDuration(245e9)).toBe("4 min 05 s");
  expect(formatDuration(23_400e9)).toBe("6 h 30 min");
});

test("a clock shows nine digits, or none at a full second", () => {
  expect(formatClock(34_200e9)).toBe("09:30:00");
  expect(formatClock(34_200e9 + 1)).toBe("09:30:00.000000001");
  expect(formatClock(34_200e9 + 500_000_000)).toBe("09:30:00.500000000");
});

test("a share is a percentage with one digit", () => {
  expect(formatShare(0.4512)).toBe("45.1 %");
});
