/** The page that `--html` writes, in a browser: drawn, whole on a phone, readable in the dark and on paper, equal to the JSON. */

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { BenchResult } from "../../core/lab/result.ts";
import { CHROMIUM, inBrowser } from "../support/browser.ts";
import { hftz, inTemporaryDirectory } from "../support/product.ts";

const KEYS = ["min", "p50", "p90", "p99", "p999", "p9999", "max", "mean"] as const;
const CELLS =
  "[...document.querySelector('[data-latency=\"velox.endToEnd\"]').cells].flatMap((cell) => cell.dataset.ns ?? [])";
const TITLES = "[...document.querySelectorAll('h3')].map((title) => title.textContent)";
/** Colours that the first canvas has, by how light they are: the ground is transparent, the text is not. */
const INK = `(() => {
  const canvas = document.querySelector("canvas");
  const { data } = canvas.getContext("2d").getImageData(0, 0, 60, canvas.height);
  let [sum, count] = [0, 0];
  for (let at = 0; at < data.length; at += 4) if (data[at + 3] > 200) { sum += data[at]; count++; }
  return count === 0 ? -1 : sum / count;
})()`;
const GROUND = "getComputedStyle(document.body).backgroundColor";

test("the page draws every chart, shows the numbers of the JSON and fits a phone, the dark and paper", async () => {
  if (CHROMIUM === null) {
    process.stderr.write("not tested: the HTML report in a browser, because there is no chromium\n");
    return;
  }
  await inTemporaryDirectory(async (directory) => {
    const place = (name: string): string => join(directory, name);
    const bench = async (...more: readonly string[]): Promise<string> => {
      const { status, out, err } = await hftz(
        ["bench", "clock", "velox", "--rate", "20k", "--duration", "2500ms", "--json", ...more],
        { cwd: directory },
      );
      expect([status, status === 0 ? "" : err]).toEqual([0, ""]);
      return out;
    };
    await Bun.write(place("first.json"), await bench());
    await bench("--html", "second.html");
    const out = await bench("--html", "report.html", "--overlay", "first.json,second.html");
    expect(readFileSync(place("report.html"), "utf8")).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    await inBrowser(`file://${place("report.html")}`, async (page) => {
      expect(await page.evaluate(TITLES)).toEqual([
        "percentiles",
        "histogram (values a decade)",
        "percentiles",
        "histogram (values a decade)",
        "end to end over time",
        "throughput over time",
      ]);
      expect(await page.evaluate("document.querySelectorAll('canvas').length")).toBe(6);
      const { endToEnd } = (JSON.parse(out) as BenchResult).suites["velox"]!.latencies!;
      const cells = (await page.evaluate(CELLS)) as readonly string[];
      expect(cells.map(Number)).toEqual(KEYS.map((key) => endToEnd![key]));
      // Five points of the JSON, a whole curve of the page.
      const legend = (await page.evaluate("document.querySelectorAll('.u-legend')[2].textContent")) as string;
      for (const name of ["-end to end-", "-end to end, first.json-", "-end to end, second.html-"])
        expect(legend).toContain(name);

      for (const width of [390, 1280]) {
        await page.show({ width });
        expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
        expect(
          await page.evaluate(
            "[...document.querySelectorAll('.uplot')].every((plot) => plot.getBoundingClientRect().right <= innerWidth)",
          ),
        ).toBe(true);
      }
      const light = (await page.evaluate(INK)) as number;
      await page.show({ width: 390, isDark: true });
      expect(await page.evaluate(GROUND)).toBe("rgb(18, 22, 27)");
      const dark = (await page.evaluate(INK)) as number;
      expect(light).toBeLessThan(128);
      expect(dark).toBeGreaterThan(128);
      // Whoever prints in the dark gets black on white.
      await page.show({ width: 700, isDark: true, isPaper: true });
      expect(await page.evaluate(GROUND)).toBe("rgb(255, 255, 255)");
      expect((await page.evaluate(INK)) as number).toBeLessThan(128);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(700);
      expect(page.complaints).toEqual([]);
    });
  });
});
