/** The main job: flow, matching, feed, rebuilt books, compared. */

import { expect, test } from "bun:test";
import { hftz, shell } from "../support/product.ts";

interface Demo {
  readonly status: number;
  readonly hash: string;
  readonly [key: string]: unknown;
}

async function demo(...args: readonly string[]): Promise<Demo> {
  const { out } = await hftz(["demo", "--json", ...args]);
  expect(out.trimEnd().split("\n")).toHaveLength(1);
  return JSON.parse(out) as Demo;
}

test("rebuilds every book of the engine and says so", async () => {
  const { status, out, err } = await hftz(["demo", "--count", "200k"]);
  expect({ status, err }).toEqual({ status: 0, err: "" });
  expect(out).toContain("SYM00001");
  expect(out).toContain("SYM00008");
});

test("gives the same books for the same seed and others for another", async () => {
  const [one, again, other] = [
    await demo("--count", "100k"),
    await demo("--count", "100k"),
    await demo("--count", "100k", "--seed", "2"),
  ];
  expect(again.hash).toBe(one.hash);
  expect(other.hash).not.toBe(one.hash);
});

test("is what feedgen and replay do through a pipe", async () => {
  const { out } = await shell("hftz feedgen --count 100k --quiet | hftz replay - --hash --json");
  expect((JSON.parse(out) as Demo).hash).toBe((await demo("--count", "100k")).hash);
});
