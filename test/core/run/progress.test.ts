import { expect, test } from "bun:test";
import { COUNTERS } from "../../../ffi/abi.ts";
import type { Counters } from "../../../ffi/page.ts";
import { progressLine } from "../../../core/run/progress.ts";

function counters(some: Partial<Counters>): Counters {
  return { ...(Object.fromEntries(COUNTERS.map((name) => [name, 0])) as Counters), ...some };
}

test("a progress line with a known size says how much is left", () => {
  const now = counters({ messages: 12_300_000, bytesIn: 250e6, bytesTotal: 1e9 });
  expect(progressLine({ label: "replay" }, 2e9, 6.1e6, now)).toBe(
    "replay 12.3 M messages | 6.10 M/s | 250 MB of 1 GB | 25 %, 6 s left",
  );
});

test("a generator's share is of its goal", () => {
  const now = counters({ messages: 500_000, goal: 1_000_000, bytesOut: 19e6 });
  expect(progressLine({ label: "feedgen" }, 1e9, 5e5, now)).toContain("| 50 %, 1 s left");
});

test("what is too slow for a rate is named and counted against its goal", () => {
  const style = { label: "bench", counts: "suites", names: ["ring", "match"] } as const;
  // The next one may take a minute or a day: nothing is said about what is left.
  expect(progressLine(style, 7e9, 0, counters({ messages: 1, goal: 2 }))).toBe("bench match, 1 of 2 suites | 7 s");
  expect(progressLine(style, 5e9, 0, counters({ goal: 2 }))).toBe("bench ring, 0 of 2 suites | 5 s");
  expect(progressLine(style, 9e9, 0, counters({ messages: 2, goal: 2 }))).toContain("bench 2 of 2 suites | ");
});

test("anomalies and losses are shown while it runs", () => {
  const line = progressLine({ label: "replay" }, 1e9, 1, counters({ messages: 1, anomalies: 3, lost: 7 }));
  expect(line).toContain("3 anomalies | 7 lost");
});

test("the line of an exchange has its rate, trades, latencies and the depth of its ring", () => {
  const latencies = { latencyP50Ns: 108_240, latencyP99Ns: 266_100, latencyP999Ns: 24_341_000 };
  const now = counters({ messages: 10.6e6, bytesIn: 435e6, trades: 296_000, ringDepth: 128, ...latencies });
  expect(progressLine({ label: "match" }, 5e9, 2.11e6, now, 119)).toBe(
    "match 2.11 M/s | 296 k trades | p50/99/99.9 108/266/24341 µs | ring 128 | 10.6 M orders | 435 MB | 5 s",
  );
  const slow = { latencyP50Ns: 9.43e6, latencyP99Ns: 81.25e6, latencyP999Ns: 99.99e6 };
  expect(progressLine({ label: "match" }, 5e9, 21.1e6, { ...now, ...slow, trades: 1.29e6, ringDepth: 2048 })).toBe(
    "match 21.1 M/s | 1.29 M trades | p50/99/99.9 9430/81250/99990 µs | ring 2.05 k",
  );
});

test("a progress line never grows beyond 79 columns", () => {
  const big = counters(Object.fromEntries(COUNTERS.map((name) => [name, 123_456_789_012])));
  expect(progressLine({ label: "replay" }, 999e9, 1e12, big).length).toBeLessThanOrEqual(79);
});
