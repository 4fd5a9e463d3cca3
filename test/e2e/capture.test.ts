/** Captures that `hftz feedgen` writes, read by hftz itself and by somebody else. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { hftz, shell } from "../support/product.ts";

let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hftz-capture-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Replayed {
  readonly format: string;
  readonly messages: number;
  readonly hash: string;
}

async function replayed(path: string): Promise<Replayed> {
  return JSON.parse((await hftz(["replay", path, "--hash", "--json"])).out) as Replayed;
}

async function generated(name: string, count: string): Promise<string> {
  const path = join(folder, name);
  expect((await hftz(["feedgen", "--to", path, "--count", count])).status).toBe(0);
  return path;
}

describe("a capture", () => {
  test("holds the same day as a file", async () => {
    const [plain, capture] = [await generated("c.itch", "30k"), await generated("c.pcap", "30k")];
    const [one, two] = [await replayed(plain), await replayed(capture)];
    expect(two).toMatchObject({ status: 0, messages: one.messages, hash: one.hash, faults: {} });
    expect(two.format).toContain("pcap");
  });

  test("is read by tshark: sequence, count and lengths of every MoldUDP64 packet", async () => {
    if ((await shell("command -v tshark")).status !== 0) {
      process.stderr.write("not tested: captures by tshark, which is not installed\n");
      return;
    }
    const path = await generated("t.pcap", "20k");
    const port = (await shell(`tshark -r ${path} -c 1 -T fields -e udp.dstport`)).out.trim();
    const fields = ["session", "sequence", "count", "msglen"].map((name) => `-e moldudp64.${name}`).join(" ");
    const { status, out } = await shell(`tshark -r ${path} -d udp.port==${port},moldudp64 -T fields ${fields}`);
    expect(status).toBe(0);
    const packets = out
      .trimEnd()
      .split("\n")
      .map((line) => line.split("\t"));
    const [session, first] = packets[0]!;
    expect(session).not.toBe("");
    let next = Number(first);
    const wrong: string[] = [];
    for (const [name, sequence, count, lengths = ""] of packets) {
      // 65535 announces the end of the session and carries nothing.
      const carried = Number(count) === 0xffff ? 0 : Number(count);
      const blocks = lengths === "" ? 0 : lengths.split(",").length;
      if (name !== session || Number(sequence) !== next || blocks !== carried)
        wrong.push(`${sequence}: ${count}, ${lengths}`);
      next += carried;
    }
    expect(wrong).toEqual([]);
    expect(next - Number(first)).toBe(20_000);
    const malformed = await shell(`tshark -r ${path} -d udp.port==${port},moldudp64 -Y '_ws.malformed' | wc -l`);
    expect(malformed.out.trim()).toBe("0");
    expect(statSync(path).size).toBeGreaterThan(500_000);
  });
});
