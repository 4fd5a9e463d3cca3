/** A feed over MoldUDP64 multicast on the loopback interface, live into books. */

import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { untilBound, untilHeard } from "../support/network.ts";
import { hftz } from "../support/product.ts";

let folder = "";
/** A pair of ports of this process's own, so that two checkouts can be tested at once. */
const port = 20_000 + (process.pid % 20_000);

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hftz-network-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Live {
  readonly status: number;
  readonly messages: number;
  readonly hash: string;
  readonly endOfSession: boolean;
}

async function fromFile(count: string): Promise<Live> {
  const path = join(folder, "day.itch");
  await hftz(["feedgen", "--count", count, "--to", path]);
  return JSON.parse((await hftz(["replay", path, "--hash", "--json"])).out) as Live;
}

test("a live receiver rebuilds the books of the file and ends with the session", async () => {
  const expected = await fromFile("50k");
  const url = `udp://239.255.7.1:${port}?iface=lo`;
  const receiver = hftz(["replay", url, "--hash", "--json", "--duration", "30s"]);
  await untilBound(port);
  const sender = await hftz(["feedgen", "--count", "50k", "--rate", "100k", "--to", url]);
  expect(sender.status).toBe(0);
  const { status, out } = await receiver;
  expect(status).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ messages: expected.messages, hash: expected.hash, endOfSession: true });
}, 60_000);

test("a receiver that comes late asks for what it missed", async () => {
  const expected = await fromFile("100k");
  const [group, requests] = [`udp://239.255.7.2:${port + 1}?iface=lo`, `127.0.0.1:${port + 2}`];
  const sender = hftz(["feedgen", "--count", "100k", "--rate", "50k", "--to", group, "--retransmit", requests]);
  await untilHeard("239.255.7.2", port + 1);
  const receiver = await hftz(["replay", `${group}&request=${requests}`, "--hash", "--json", "--duration", "30s"]);
  expect(receiver.status).toBe(0);
  const { session, ...live } = JSON.parse(receiver.out) as Live & { readonly session: { readonly recovered: number } };
  expect(live).toMatchObject({ messages: expected.messages, hash: expected.hash });
  expect(session.recovered).toBeGreaterThan(0);
  expect((await sender).status).toBe(0);
}, 60_000);

test("a receiver that nobody sends to ends with its duration", async () => {
  const before = Bun.nanoseconds();
  const { status } = await hftz(["replay", `udp://239.255.7.3:${port + 3}?iface=lo`, "--duration", "500ms", "--json"]);
  expect(status).toBe(0);
  expect(Bun.nanoseconds() - before).toBeLessThan(5e9);
});
