/** `hftz match` behind `hftz feedgen`: the orders of a feed make that feed. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { realFile } from "../support/realData.ts";
import { root, shell } from "../support/product.ts";

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

test("a real hour as orders goes through a pipe", async () => {
  const path = realFile("lobster", "AAPL_2012-06-21_34200000_37800000_message_50.csv");
  if (path === undefined) return;
  const orders = `${process.execPath} ${join(root, "test/support/lobsterOrders.ts")} ${path}`;
  const { status, out } = await shell(`${orders} | hftz match --reports none --json`, { cwd: folder });
  expect(status).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ trades: 4031, rejects: 0 });
});
