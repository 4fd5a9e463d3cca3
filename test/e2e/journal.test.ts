/** `hftz match --journal`, killed, cut off and filled up: what was reported is found again. */

import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { binary, hftz, inTemporaryDirectory, shell } from "../support/product.ts";

const REPORT_BYTES = 48;
/** Hundreds by `npm run test:long`. */
const KILLS = process.env["HFTZ_LONG"] === undefined ? 12 : 300;

interface Outcome {
  readonly status: number;
  readonly error?: string;
  readonly hash: string;
  readonly rejects: number;
  readonly journal: {
    readonly records: number;
    readonly refused: number;
    readonly recovered: { readonly snapshot: number | null };
  };
}

async function jsonOf(line: string): Promise<Outcome> {
  const { out, err } = await shell(line);
  const text = [out, err].find((each) => each.startsWith("{"));
  if (text === undefined) throw new Error(`no summary: ${err}`);
  return JSON.parse(text) as Outcome;
}

function hasSnapshot(journal: string): boolean {
  return readdirSync(journal).some((name) => /^snapshot-\d{20}$/.test(name));
}

describe("a journal", () => {
  test("outlives kill -9 at any moment: every report that left is given again", async () => {
    await inTemporaryDirectory(async (folder) => {
      const [orders, reports, again] = ["orders", "reports", "again"].map((name) => join(folder, name)) as [
        string,
        string,
        string,
      ];
      await shell(`hftz feedgen --orders --count 1M --seed 3 --quiet > ${orders}`);
      let [found, loaded] = [0, 0];
      for (let kill = 0; kill < KILLS; kill++) {
        const journal = join(folder, `j${kill}`);
        // Some die while a snapshot is being taken; every other one is recovered from the newest instead of from the start.
        const args = ["match", "-", "--journal", journal, "--reports", reports, "--snapshot-every", "60k", "--quiet"];
        // The last one has all its orders and waits for more until it has a snapshot, however long the thread that takes them has to
        // wait for its turn.
        const isLast = kill === KILLS - 1;
        const input = isLast ? `<(exec cat ${orders} -)` : orders;
        const child = Bun.spawn(["bash", "-c", `exec "$0" "$@" < ${input}`, binary, ...args], {
          env: { PATH: process.env["PATH"] },
          stdin: "pipe",
          stdout: "ignore",
          stderr: "ignore",
        });
        // Dies when so much of its output is there; the amounts spread over the whole run.
        const wanted = ((kill * 7919) % 400) * 1024 * REPORT_BYTES;
        const hasEnough = (): boolean =>
          existsSync(reports) && Bun.file(reports).size > wanted && (!isLast || hasSnapshot(journal));
        while (child.exitCode === null && !hasEnough()) await Bun.sleep(1);
        child.kill("SIGKILL");
        await child.exited;
        await child.stdin.end();
        const left = existsSync(reports) ? readFileSync(reports) : Buffer.alloc(0);
        const verify = kill % 2 === 0 ? "--verify" : "";
        const back = await jsonOf(`hftz match --recover ${journal} ${verify} --reports none --json < /dev/null`);
        expect(back.status).toBe(0);
        loaded += back.journal.recovered.snapshot === null ? 0 : 1;
        const repeated = await jsonOf(`hftz replay --journal ${journal} --reports ${again} --json`);
        expect({ status: repeated.status, hash: repeated.hash }).toEqual({ status: 0, hash: back.hash });
        const whole = left.subarray(0, left.length - (left.length % REPORT_BYTES));
        expect(readFileSync(again).subarray(0, whole.length).equals(whole)).toBe(true);
        found += whole.length;
        await shell(`rm -rf ${journal} ${reports}`);
      }
      expect(found).toBeGreaterThan(0);
      expect(loaded).toBeGreaterThan(0);
    });
  });

  test("on a full disk refuses orders, and keeps every one it took", async () => {
    // A small file system of its own, in a mount namespace: only where that is allowed.
    const allowed = await shell("unshare --mount true");
    if (allowed.status !== 0) {
      process.stderr.write("not tested: a full disk, because mount namespaces are not allowed here\n");
      return;
    }
    await inTemporaryDirectory(async (folder) => {
      const script = [
        `mount -t tmpfs -o size=70m none ${folder}`,
        // 64 MiB of log and no more: the second segment finds no room.
        `hftz feedgen --orders --count 1M --quiet | hftz match --journal ${folder}/j --durability none --reports none --json > ${folder}/first`,
        `hftz replay --journal ${folder}/j --json > ${folder}/second`,
        `cat ${folder}/first ${folder}/second`,
      ].join(" && ");
      const { out, err } = await shell(`unshare --mount sh -c '${script}'`);
      const [first, second] = out
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Outcome);
      if (first === undefined || second === undefined) throw new Error(err);
      expect(first.journal.refused).toBeGreaterThan(0);
      expect(first.rejects).toBeGreaterThan(0);
      expect(second).toMatchObject({ status: 0, hash: first.hash });
    });
  });
});

test("wrong words about a journal are wrong usage", async () => {
  for (const args of [
    ["match", "--journal", "a", "--recover", "b"],
    ["match", "--verify"],
    ["match", "--force"],
    ["match", "--durability", "sometimes"],
    ["replay", "--journal", "a", "day.itch"],
    ["replay", "--journal", "a", "--format", "csv"],
  ]) {
    expect((await hftz(args)).status).toBe(2);
  }
  expect((await hftz(["replay", "--journal", "/no/such", "--quiet"])).status).not.toBe(0);
});

test("two processes cannot have one journal", async () => {
  await inTemporaryDirectory(async (folder) => {
    const { out } = await shell(
      [
        `mkfifo ${folder}/hold`,
        `hftz match ${folder}/hold --journal ${folder}/j --reports none --quiet > /dev/null & first=$!`,
        `exec 3> ${folder}/hold`,
        `while [ ! -s ${folder}/j/lock ]; do :; done`,
        `hftz match --recover ${folder}/j --reports none < /dev/null; echo second $?`,
        "exec 3>&-; wait $first; echo first $?",
      ].join("\n"),
    );
    expect(out).toBe("second 2\nfirst 0\n");
  });
});
