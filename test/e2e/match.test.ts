/** `hftz match` behind `hftz feedgen`: the orders of a feed make that feed. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { realFile } from "../support/realData.ts";
import { hftz, root, shell } from "../support/product.ts";

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hftz-match-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

test("a feed and what match publishes for its orders are the same bytes", async () => {
  const script = `
    hftz feedgen --seed 7 --count 200k > a.itch
    hftz feedgen --seed 7 --count 200k --orders | hftz match --reports none --publish itch+file:b.itch`;
  expect((await shell(script, { cwd: folder })).status).toBe(0);
  const [feed, published] = ["a.itch", "b.itch"].map((name) => readFileSync(join(folder, name)));
  expect(feed!.length).toBeGreaterThan(1_000_000);
  expect(feed!.equals(published!)).toBe(true);
});

test("a pipe, a file, one thread, two threads and a journal give the same reports and the same hash", async () => {
  const script = `
    hftz feedgen --seed 11 --count 100k --orders > orders.bin
    cat orders.bin | hftz match --json > pipe.bin
    hftz match orders.bin --threads 1 --json > one.bin
    hftz match orders.bin --threads 2 --json > two.bin
    hftz match --journal log --json < orders.bin > logged.bin
    hftz replay --journal log --reports again.bin --json >&2
    hftz match --recover log --verify --reports none --json < /dev/null >&2`;
  const { status, err } = await shell(script, { cwd: folder });
  expect(status).toBe(0);
  const hashes = err
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line).hash as string);
  expect(hashes).toHaveLength(6);
  expect(new Set(hashes).size).toBe(1);
  const files = ["pipe", "one", "two", "logged", "again"].map((name) => readFileSync(join(folder, `${name}.bin`)));
  expect(files[0]!.length).toBeGreaterThan(1_000_000);
  for (const file of files) expect(file.equals(files[0]!)).toBe(true);
});

test("--json names the settings of a journal only where there is one", async () => {
  const script = `
    hftz feedgen --count 100 --orders > few.bin
    hftz match few.bin --reports none --json
    hftz match few.bin --reports none --json --journal settings --durability async`;
  const { status, out } = await shell(script, { cwd: folder, env: { HFTZ_MATCH_DURABILITY: "none" } });
  expect(status).toBe(0);
  const [unlogged, logged] = out.split("\n", 2).map((line) => JSON.parse(line).settings as Record<string, unknown>);
  expect(unlogged).toEqual({
    input: "few.bin",
    format: "native",
    reports: "none",
    capacity: 2 ** 20,
    "self-trade": "none",
    json: true,
  });
  expect(logged).toMatchObject({ durability: "async", journal: "settings", "snapshot-every": 4e6 });
  expect(Object.keys(logged!).filter((name) => name.startsWith("commit"))).toEqual([]);
});

test("an input of another kind is told with what to do", async () => {
  const script = `
    echo '{"type":"new"}' | hftz match --reports none --quiet
    hftz feedgen --count 100 --quiet | hftz match --reports none --quiet
    hftz feedgen --count 100 --orders --quiet | hftz match --reports none --quiet --format ndjson`;
  const { err } = await shell(script, { cwd: folder });
  const hints = err.split("\n").filter((line) => line.startsWith("hint: "));
  expect(hints).toEqual([
    "hint: orders as JSON, one object a line, are read with --format ndjson",
    "hint: this is a feed, not orders: hftz replay reads it",
    "hint: orders in the native protocol are read without --format ndjson",
  ]);
});

test("more orders than there is memory for are told by exit code 3, before a journal is begun", async () => {
  if (totalmem() > 100e9) {
    process.stderr.write("not tested: a capacity beyond memory, of which this machine has enough for the largest\n");
    return;
  }
  const beyond = join(folder, "beyond");
  for (const way of ["--journal", "--recover"]) {
    const args = ["match", "--capacity", "1073741824", "--reports", "none", way, beyond];
    const { status, out, err } = await hftz(args, { stdin: new Uint8Array() });
    expect({ status, out }).toEqual({ status: 3, out: "" });
    expect(err).toMatch(
      /^hftz: 1073741824 live orders may take 98304 MiB of memory, \d+ MiB are free\nhint: --capacity/,
    );
    // A recovery locks what it looks through.
    expect(existsSync(beyond) ? readdirSync(beyond) : []).toEqual(way === "--recover" ? ["lock"] : []);
  }
});

test("a real hour as orders goes through a pipe", async () => {
  const path = realFile("lobster", "AAPL_2012-06-21_34200000_37800000_message_50.csv");
  if (path === undefined) return;
  const orders = `${process.execPath} ${join(root, "test/support/lobsterOrders.ts")} ${path}`;
  const { status, out } = await shell(`${orders} | hftz match --reports none --json`, { cwd: folder });
  expect(status).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ trades: 4031, rejects: 0 });
});
