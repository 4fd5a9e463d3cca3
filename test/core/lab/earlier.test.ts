import { expect, test } from "bun:test";
import fc from "fast-check";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Failure } from "../../../core/cli/failure.ts";
import { compareRuns } from "../../../core/lab/baseline.ts";
import { earlierOf, readEarlier } from "../../../core/lab/earlier.ts";
import { checkPlaces } from "../../../core/lab/places.ts";
import { reportPage } from "../../../core/report/html/write.ts";
import { inTemporaryDirectory } from "../../support/product.ts";

const latency = { unit: "ns", count: 1, min: 1, p50: 1, p90: 1, p99: 1, p999: 1, p9999: 1, max: 1, mean: 1 } as const;
const figure = { unit: "ns", median: 1, min: 1, max: 1, rounds: 1, samples: [1] };
const run = {
  environment: { cpu: "</script> <one>" },
  suites: { net: { latencies: { roundTrip: latency }, figures: { cost: figure } } },
  histograms: { net: { roundTrip: [[1, 2, 3]] as [number, number, number][] } },
  timelines: { net: { roundTrip: [{ second: 0, perSec: 1, latency }] } },
};

async function kept<T>(text: string, work: (path: string) => T): Promise<T> {
  return inTemporaryDirectory(async (directory) => {
    const path = join(directory, "before");
    writeFileSync(path, text);
    return work(path);
  });
}

test("a run is read from what --json printed and from inside a page, histograms included", async () => {
  expect(await kept(JSON.stringify(run), (path) => readEarlier(path, "baseline") as unknown)).toEqual(run);
  const page = reportPage(run, [], undefined);
  expect(await kept(page, (path) => readEarlier(path, "overlay") as unknown)).toEqual(run);
});

test.each([
  ["", "it is not JSON"],
  ["[]", "it is no object"],
  ["{}", "environment is no object"],
  ['{"environment":{},"suites":[]}', "suites is no object"],
  ['{"environment":{},"suites":{"net":3}}', 'suites["net"] is no object'],
  ['{"environment":{},"suites":{"net":{"figures":{"a":{"unit":"ns"}}}}}', 'suites.net.figures["a"] is not what'],
  ['{"environment":{},"suites":{"net":{"latencies":{"a":null}}}}', 'suites.net.latencies["a"] is not what'],
  ['{"environment":{},"suites":{},"histograms":{"net":{"a":[[1,2]]}}}', 'histograms.net["a"] is not what'],
  ['{"environment":{},"suites":{},"timelines":{"net":{"a":[{}]}}}', 'timelines.net["a"] is not what'],
  ['{"environment":{},"suites":{},"settings":7}', "settings is no object"],
])("%j is refused with the file and the place", async (text, why) => {
  await kept(text, (path) => {
    expect(() => readEarlier(path, "baseline")).toThrow(why);
    expect(() => readEarlier(path, "baseline")).toThrow(path);
  });
});

test("a file that is not there is refused by name", () => {
  expect(() => readEarlier("/nonexistent/before.json", "overlay")).toThrow(
    "cannot read the overlay /nonexistent/before.json: no such file",
  );
});

test("places that cannot be written, or are one file twice, are refused", async () => {
  await inTemporaryDirectory(async (directory) => {
    const inside = (name: string): string => join(directory, name);
    mkdirSync(inside("folder"));
    checkPlaces({
      written: { html: inside("a"), hlog: inside("b"), hgrm: undefined },
      read: [["baseline", inside("c")]],
    });
    const refused = (html: string, hlog: string) => () =>
      checkPlaces({ written: { html, hlog }, read: [["baseline", inside("c")]] });
    expect(refused(inside("folder"), inside("b"))).toThrow("it is a directory");
    expect(refused(inside("none/a"), inside("b"))).toThrow("its directory is not there");
    expect(refused(inside("a"), `${directory}/./a`)).toThrow("--hlog and --html are the same file");
    expect(refused(inside("c"), inside("b"))).toThrow("--html and --baseline are the same file");
  });
});

/** Every place in a tree, as the keys that lead there. */
function placesIn(value: unknown, at: readonly string[] = []): readonly (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [at];
  return [at, ...Object.entries(value).flatMap(([key, item]) => placesIn(item, [...at, key]))];
}

function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy = (Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) }) as Record<string, unknown>;
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

test("a run with anything in any place is refused in one line, or can be compared and drawn", () => {
  fc.assert(
    fc.property(fc.constantFrom(...placesIn(run)), fc.jsonValue(), (place, value) => {
      try {
        const earlier = earlierOf(JSON.stringify(replaced(run, place, value)), "a file", "baseline");
        compareRuns(earlier, run);
        reportPage(run, [{ name: "a file", run: earlier }], undefined);
      } catch (cause) {
        expect(cause).toBeInstanceOf(Failure);
        expect((cause as Failure).message.split("\n")).toHaveLength(1);
      }
    }),
    { numRuns: 2000 },
  );
});

test("a text with a broken byte anywhere never throws anything but the one error", () => {
  const text = JSON.stringify(run);
  fc.assert(
    fc.property(fc.nat(text.length), fc.string({ maxLength: 3 }), (at, junk) => {
      try {
        earlierOf(text.slice(0, at) + junk + text.slice(at + 1), "a file", "overlay");
      } catch (cause) {
        expect(cause).toBeInstanceOf(Failure);
      }
    }),
    { numRuns: 2000 },
  );
});
