/** OUCH sessions of `hftz match --journal` after kill -9 and on a full disk: what a client was told, it is told again. */

import { expect, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { OuchClient } from "../support/ouchClient.ts";
import { type Version, cancel, enter } from "../support/ouchMessages.ts";
import { binary, hftz, inTemporaryDirectory, shell } from "../support/product.ts";
import { Exchange, freePort } from "../support/service.ts";

/** More by `npm run test:long`. */
const [KILLS, PATIENCE_MS] = process.env["HFTZ_LONG"] === undefined ? [5, 120_000] : [100, 3_600_000];

/** A client that keeps orders coming until it is cut off: entered, crossing, some cancelled. */
async function load(client: OuchClient, seed: number, after: number): Promise<number> {
  let number = after;
  let random = seed;
  while (!client.isClosed) {
    const told = client.told.length;
    for (let count = 0; count < 20; count++) {
      random = (random * 1_103_515_245 + 12_345) % 2 ** 31;
      number++;
      client.enter({
        number,
        side: random & 64 ? "B" : "S",
        shares: 1 + (random % 50),
        price: 10_000 + ((random >> 8) % 20) * 100,
        immediate: random % 7 === 0,
      });
      if (random % 3 === 0) client.cancel(Math.max(1, number - (random % 10)));
    }
    await client.until(() => client.told.length > told || client.isClosed);
  }
  return number;
}

test(
  "after kill -9 under load every OUCH message that was received is sent again byte for byte, and the day goes on",
  async () => {
    await inTemporaryDirectory(async (folder) => {
      const users = [
        { user: "alice", version: 42 },
        { user: "bob", version: 42 },
        { user: "carol", version: 50 },
      ] as const;
      const known: Buffer[][] = users.map(() => []);
      const numbers = users.map(() => 0);
      for (let kill = 0; kill <= KILLS; kill++) {
        const ports: Record<Version, number> = { 42: await freePort(), 50: await freePort() };
        const exchange = new Exchange(
          `--listen ouch+tcp://127.0.0.1:${ports[42]} --listen ouch+tcp://127.0.0.1:${ports[50]}?v=50
         ${kill === 0 ? "--journal" : "--recover"} ${join(folder, "j")}`,
        );
        const clients = await Promise.all(
          users.map(({ user, version }) => OuchClient.logIn(ports[version], version, user, 1)),
        );
        for (const [index, client] of clients.entries()) {
          const before = known[index]!;
          await client.until(() => client.told.length >= before.length || client.isClosed);
          expect(client.told.length).toBeGreaterThanOrEqual(before.length);
          expect(Buffer.concat(client.told.slice(0, before.length)).equals(Buffer.concat(before))).toBe(true);
        }
        if (kill === KILLS) {
          const ended = await exchange.stop();
          const replayed = await hftz(["replay", "--journal", join(folder, "j"), "--reports", "none", "--json"]);
          expect(JSON.parse(replayed.out)).toMatchObject({ hash: ended.hash, reports: ended.reports });
          break;
        }
        const wanted = clients.map((client) => client.told.length + 200 + ((kill * 37) % 300));
        const loads = clients.map((client, index) => load(client, 1 + index + 10 * kill, numbers[index]!));
        await clients[0]!.until(() => clients[0]!.told.length >= wanted[0]!);
        await exchange.crash();
        for (const [index, done] of (await Promise.all(loads)).entries()) numbers[index] = done;
        for (const [index, client] of clients.entries()) known[index] = client.told;
      }
      expect(known[0]!.length).toBeGreaterThan(KILLS * 200);
      expect(known[2]!.length).toBeGreaterThan(0);
    });
  },
  PATIENCE_MS,
);

test("on a full disk OUCH orders are rejected outside the numbers, and nothing that was acknowledged is lost", async () => {
  // A small file system of its own, in a mount namespace: only where that is allowed.
  if ((await shell("unshare --mount true")).status !== 0) {
    process.stderr.write("not tested: OUCH on a full disk, because mount namespaces are not allowed here\n");
    return;
  }
  await inTemporaryDirectory(async (folder) => {
    const [first, second] = [await freePort(), await freePort()];
    const match = (port: number, how: string) =>
      `"${binary}" match --listen ouch+tcp://127.0.0.1:${port} ${how} "${folder}/j" --durability async --quiet`;
    const script = [
      `mount -t tmpfs -o size=210m none "${folder}"`,
      `head -c 100M /dev/zero > "${folder}/filler"`,
      `${match(first, "--journal")}; rm "${folder}/filler"`,
      match(second, "--recover"),
    ].join(" && ");
    const child = Bun.spawn(["unshare", "--mount", "sh", "-c", script], { stdout: "ignore", stderr: "ignore" });
    try {
      const alice = await OuchClient.logIn(first, 42, "alice", 1);
      // Cancels of orders that never were: nothing is answered, and each is in the log.
      const filling = Array.from({ length: 5000 }, (_, index) => cancel(42, 9_000_000 + index));
      let number = 0;
      while (alice.aside.length === 0) {
        number++;
        alice.say(...filling, enter(42, { number, side: "B", shares: 5, price: 10_000 }));
        const answers = () => alice.told.length - 1 + alice.aside.length;
        await alice.until(() => answers() >= number || alice.isClosed);
        expect(alice.isClosed).toBe(false);
      }
      expect(alice.aside[0]!.toString("latin1", 0, 1)).toBe("J");
      expect(alice.aside[0]!.toString("latin1", 9, 23)).toBe(`T${String(number).padStart(13, "0")}`);
      expect(alice.types).toBe(`S${"A".repeat(number - 1)}`);
      const running = (await shell(`pgrep -P ${child.pid}`)).out.trim();
      process.kill(Number(running), "SIGKILL");
      await alice.until(() => alice.isClosed);
      const back = await OuchClient.logIn(second, 42, "alice", 1);
      await back.message(alice.told.length - 1);
      expect(Buffer.concat(back.told.slice(0, alice.told.length)).equals(Buffer.concat(alice.told))).toBe(true);
      // What was refused was never used: the name is free, and the numbers go on.
      back.enter({ number, side: "B", shares: 5, price: 10_000 });
      await back.until(() => back.types.endsWith("A") && back.told.length > alice.told.length);
      await back.hangUp();
      expect(readdirSync(folder)).toEqual([]);
    } finally {
      const running = (await shell(`pgrep -P ${child.pid}`)).out.trim();
      if (running !== "") process.kill(Number(running), "SIGKILL");
      await child.exited;
    }
  });
}, 120_000);
