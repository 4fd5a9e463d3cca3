import { expect, test } from "bun:test";
import { palette } from "../../../core/cli/terminal.ts";
import { renderReplay } from "../../../core/report/replay.ts";
import { renderSummary } from "../../../core/report/summary.ts";

const plain = { boxed: false, paint: palette(false) };

test("single values become labelled facts with their units", async () => {
  const text = await renderSummary({ format: "pcap", elapsedNs: 1500, bytesIn: 2_000_000, liveOrders: 1234 }, plain);
  expect(text).toBe("  format       pcap\n  elapsed      1.50 µs\n  bytes in     2 MB\n  live orders  1,234\n");
});

test("a list of objects becomes a table with numbers to the right", async () => {
  const text = await renderSummary(
    {
      levels: [
        { side: "bid", price: 10_000 },
        { side: "ask", price: 1_234_500 },
      ],
    },
    plain,
  );
  expect(text).toBe("levels\nside     price\nbid     1.0000\nask   123.4500\n");
});

test("an object of objects becomes a table with the names in front", async () => {
  const text = await renderSummary({ faults: { truncated: { count: 1, firstOffset: 9 } } }, plain);
  expect(text).toBe("faults\nwhat       count  first offset\ntruncated      1             9\n");
});

test("nothing is said about empty lists and objects", async () => {
  expect(await renderSummary({ faults: {}, levels: [] }, plain)).toBe("");
});

test("a replay shows its message types by name, most frequent first", async () => {
  const text = await renderReplay({ byType: { D: 1, A: 3 } }, plain);
  expect(text.split("\n")).toEqual([
    "type  message       count  of all",
    "A     add order         3  75.0 %",
    "D     order delete      1  25.0 %",
    "",
  ]);
});

test("a boxed table frames the same cells", async () => {
  const text = await renderReplay({ byType: { A: 3 } }, { ...plain, boxed: true });
  expect(text).toContain("│ A    │ add order │     3 │ 100.0 % │");
});

test("an early moment has no books, and says when the feed begins", async () => {
  const [at, firstNs] = [34_190e9, 34_190e9];
  const first = async (result: object, symbols: readonly string[] = []) =>
    (await renderReplay({ books: [], ...result }, plain, symbols)).split("\n")[0];
  expect(await first({ at, firstNs })).toBe("no book yet at 09:29:50: the feed begins at 09:29:50");
  expect(await first({ at })).toBe("no book yet at 09:29:50: no message is that early");
  expect(await first({ at, atPassed: true }, ["XX"])).toBe("no book of XX yet at 09:29:50: no message is that early");
  expect(await first({ at, atPassed: false }, ["XX"])).toBe("no book of XX: no such symbol in this feed");
  expect(await first({ at: null }, ["XX"])).toBe("no book of XX: no such symbol in this feed");
  expect(await first({ at: null })).toBe("no book: this feed leaves no orders");
});

test("books of a moment long after the last message say when that came", async () => {
  const books = [{ symbol: "A", state: null, bids: [], asks: [] }];
  const span = { at: 37_800e9, firstNs: 34_190e9, lastNs: 35_085_500_000_000 };
  const text = await renderReplay({ books, ...span, atPassed: true }, plain);
  expect(text).toContain("the last message up to 10:30:00 came at 09:44:45.500000000\n");
  const ended = await renderReplay({ books, ...span, atPassed: false }, plain);
  expect(ended).toContain("the input ends at 09:44:45.500000000, before 10:30:00\n");
});

test("a comparison of nothing shows no zeros", async () => {
  const nothing = { rowsChecked: 0, rowsAgreed: 0, rows: 0, levelsCompared: 0, firstDifference: null };
  expect(await renderReplay({ orderbookFile: "books.csv", ...nothing }, plain)).toBe(
    "  books  books.csv\n  rows   none was compared\n",
  );
});

test("one locked market is once, and offsets are grouped", async () => {
  const text = await renderReplay({ locked: { count: 1, first: "offset 1016 of SYM00001" } }, plain);
  expect(text).toBe("  locked  once, offset 1,016 of SYM00001\n");
});

test("on a terminal a long fact goes on below, in a pipe it stays a line", async () => {
  const figures = { verdict: "word ".repeat(20).trim(), symbols: 8 };
  const [line, ...rest] = (await renderSummary(figures, { boxed: false, paint: palette(false) })).split("\n");
  expect([line!.length, rest.length]).toEqual([110, 2]);
  const folded = (await renderSummary(figures, { boxed: true, paint: palette(true) })).split("\n");
  expect(folded.map((each) => Bun.stripANSI(each))).toEqual([
    `  verdict  ${"word ".repeat(13).trim()}`,
    `           ${"word ".repeat(7).trim()}`,
    "  symbols  8",
    "",
  ]);
});
