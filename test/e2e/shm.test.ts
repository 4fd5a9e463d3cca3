/** Orders through shared memory, by the client of the docs: what is said there works, and its death harms nobody. */

import { expect, test } from "bun:test";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { hftz, inTemporaryDirectory, root, shell } from "../support/product.ts";
import { Exchange } from "../support/service.ts";

const client = join(root, "docs/shm-client.ts");

async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await Bun.sleep(1);
}

/** Orders, cancels and replaces of a generated day: its trading states and clocks are the operator's. */
async function ordersTo(path: string, count: string): Promise<void> {
  const { out, err, status } = await shell(`hftz feedgen --orders --count ${count} --seed 7 > ${path}`);
  expect({ out, status, err: status === 0 ? "" : err }).toEqual({ out: "", status: 0, err: "" });
  const day = readFileSync(path);
  const kept: Buffer[] = [];
  for (let at = 0; at < day.length;) {
    const type = day.toString("latin1", at, at + 1);
    const end = at + (type === "N" || type === "U" ? 32 : 16);
    if (type !== "T" && type !== "Z") kept.push(day.subarray(at, end));
    at = end;
  }
  writeFileSync(path, Buffer.concat(kept));
}

test("the client of the docs hears through shared memory what a file gives", async () => {
  await inTemporaryDirectory(async (cwd) => {
    const listen = `--listen native+shm://${join(cwd, "ring")}`;
    const [orders, expected, heard] = ["orders.bin", "expected.bin", "heard.bin"].map((name) => join(cwd, name));
    await ordersTo(orders!, "50k");
    const file = JSON.parse((await hftz(["match", orders!, "--reports", expected!, "--json"])).out) as { hash: string };
    const exchange = new Exchange(listen, cwd);
    await until(() => existsSync(join(cwd, "ring")));
    const { status, err } = await shell(`${process.execPath} ${client} ring < ${orders} > ${heard}`, { cwd });
    expect({ status, err }).toEqual({ status: 0, err: "" });
    expect(readFileSync(heard!).equals(readFileSync(expected!))).toBe(true);
    expect((await exchange.stop()).hash).toBe(file.hash);
    expect(existsSync(join(cwd, "ring"))).toBe(false);
  });
}, 60_000);

test("clients that are killed in the middle of it leave the exchange to the others", async () => {
  await inTemporaryDirectory(async (cwd) => {
    const exchange = new Exchange(`--listen native+shm://${join(cwd, "ring")}`, cwd);
    await until(() => existsSync(join(cwd, "ring")));
    await ordersTo(join(cwd, "orders.bin"), "20k");
    for (let round = 0; round < 5; round += 1) {
      const dying = Bun.spawn(["bash", "-c", `exec ${process.execPath} ${client} ring < <(cat orders.bin; sleep 60)`], {
        cwd,
        stdout: "pipe",
        stderr: "ignore",
      });
      // It hears something: orders and reports are on their way.
      await dying.stdout.getReader().read();
      dying.kill("SIGKILL");
      await dying.exited;
    }
    // The session of the last one is free when what it had sent is matched: who comes sooner is cut off, and comes again.
    let came = 5;
    for (let heard = 0; heard === 0; came += 1) {
      const { status, out } = await shell(`head -c 32 orders.bin | ${process.execPath} ${client} ring | wc -c`, {
        cwd,
      });
      heard = status === 0 ? Number(out) : 0;
    }
    const { clients } = await exchange.stop();
    expect(clients).toMatchObject({ came, cutMalformed: 0, cutSlow: 0 });
    expect(clients["cutForeign"]).toBeLessThanOrEqual(came - 1);
  });
}, 60_000);
