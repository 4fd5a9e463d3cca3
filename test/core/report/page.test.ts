/** What the page of a lab run makes of the run's parts, in a browser. */

import { expect, test } from "bun:test";
import { join } from "node:path";
import type { BenchResult } from "../../../core/lab/result.ts";
import { reportPage } from "../../../core/report/html/write.ts";
import { CHROMIUM, inBrowser } from "../../support/browser.ts";
import { inTemporaryDirectory } from "../../support/product.ts";

const LATENCY = { unit: "ns", min: 10, p50: 20, p90: 30, p99: 40, p999: 50, p9999: 60, max: 70, mean: 21 } as const;
/** Enough values for a last label with many nines. */
const COUNT = 500_000_001;

const RUN: BenchResult = {
  environment: { cpu: "a processor", cores: 2, kernel: "6.1" },
  suites: {
    ring: {
      unpinned: [],
      latencies: { trip: { ...LATENCY, count: COUNT } },
      peers: [
        {
          peer: "other",
          against: "hftz spsc",
          what: "throughput",
          unit: "M items/s",
          ours: 30,
          theirs: 20,
          times: { median: 1.5, min: 1.25, max: 2, rounds: 9 },
          note: "half of the work",
        },
      ],
      leftOut: [{ peer: "absent", why: "no java; install a JDK" }],
    },
  },
  histograms: {
    ring: {
      trip: [
        [10, 19, COUNT - 1],
        [20, 70, 1],
      ],
    },
  },
  timelines: {},
};

/** How many of the last columns of the first chart have no ink at all: a label that is cut off has it up to the edge. */
const MARGIN = `(() => {
  const { width, height } = document.querySelector("canvas");
  const { data } = document.querySelector("canvas").getContext("2d").getImageData(0, 0, width, height);
  const isBlank = (x) => { for (let y = 0; y < height; y++) if (data[(y * width + x) * 4 + 3] > 0) return false; return true; };
  let x = width - 1;
  while (x > 0 && isBlank(x)) x--;
  return width - 1 - x;
})()`;
const text = (selector: string): string => `document.querySelector(${JSON.stringify(selector)})?.textContent`;

test("peers have rows, who is left out has a line, counts are exact, an empty list says none, and no label is cut off", async () => {
  if (CHROMIUM === null) {
    process.stderr.write("not tested: the HTML report in a browser, because there is no chromium\n");
    return;
  }
  await inTemporaryDirectory(async (directory) => {
    const path = join(directory, "page.html");
    await Bun.write(path, reportPage(RUN, [], undefined));
    await inBrowser(`file://${path}`, async (page) => {
      const row = "[...document.querySelector('[data-times]').cells].map((cell) => cell.textContent)";
      expect(await page.evaluate(row)).toEqual([
        "other",
        "hftz spsc",
        "throughput",
        "30",
        "20",
        "M items/s",
        "1.50",
        "1.25 to 2.00",
        "half of the work",
      ]);
      expect(await page.evaluate("document.querySelector('[data-times]').dataset.times")).toBe("1.5");
      expect(await page.evaluate(text("p.warning"))).toBe("left out absent: no java; install a JDK");
      expect(await page.evaluate(text("table.facts td:last-child"))).toBe("none");
      const cells = "[...document.querySelectorAll('td')].map((cell) => cell.textContent)";
      expect(await page.evaluate(cells)).toContain("500,000,001");
      for (const width of [390, 1280]) {
        await page.show({ width });
        expect((await page.evaluate(MARGIN)) as number).toBeGreaterThan(0);
      }
      expect(page.complaints).toEqual([]);
    });
  });
});
