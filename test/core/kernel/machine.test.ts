/** How the driver tells one ending from another, with a script in QEMU's place. */

import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Boot, boot } from "../../../core/kernel/machine.ts";
import { BootRecord } from "../../../core/kernel/record.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "hftz-machine-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const machine = {
  memoryMiB: 64,
  cpus: 1,
  accel: "tcg",
  exact: false,
  boot: { image: "/nowhere" },
  words: ["test=*"],
} as const;

async function bootScript(script: string, interrupted?: Promise<void>): Promise<{ done: Boot; record: BootRecord }> {
  const qemu = join(folder, "qemu");
  writeFileSync(qemu, `#!/bin/sh\n${script}\n`);
  chmodSync(qemu, 0o755);
  const record = new BootRecord();
  const watch = { silenceMs: 400, onLine: record.take.bind(record), ...(interrupted && { interrupted }) };
  return { done: await boot(qemu, machine, watch), record };
}

describe("an ending", () => {
  const banner = "echo 'HFT-Zero 0.1.0'";

  test.each([
    [33, "passed"],
    [35, "failed"],
    [253, "fault"],
    [255, "panic"],
    [0, "triple-fault"],
    [1, "qemu"],
    [127, "qemu"],
  ] as const)("with exit status %d after the banner is %s", async (status, ending) => {
    const { done } = await bootScript(`${banner}; exit ${status}`);
    expect(done.ending).toBe(ending);
    expect(done.bannerMs).toBeGreaterThan(0);
  });

  test("with exit status 0 before the banner is QEMU's", async () => {
    const { done } = await bootScript("echo 'bad option' >&2; exit 0");
    expect(done).toMatchObject({ ending: "qemu", complaint: "bad option", bannerMs: undefined });
  });

  test("of a machine that falls silent is a hang, and the child is gone", async () => {
    const { done } = await bootScript(`${banner}; echo $$ > ${folder}/pid; exec sleep 1000`);
    expect(done.ending).toBe("hang");
    const pid = Number(await Bun.file(join(folder, "pid")).text());
    expect(() => process.kill(pid, 0)).toThrow();
  });

  test("by Ctrl-C is an interruption", async () => {
    const { done } = await bootScript(`${banner}; exec sleep 1000`, Bun.sleep(50));
    expect(done.ending).toBe("interrupted");
  });

  test("by a signal from elsewhere is QEMU's", async () => {
    expect((await bootScript(`${banner}; kill -9 $$`)).done.ending).toBe("qemu");
  });
});

test("a fault's last words are kept whole", async () => {
  const { done } = await bootScript("echo 'HFT-Zero 1'; echo '@fault vector=14'; echo '  rip 1'; exit 253");
  expect(done.lastWords).toEqual(["@fault vector=14", "  rip 1"]);
});

test("a line that QEMU did not end still counts", async () => {
  const { record } = await bootScript("printf 'HFT-Zero 0.1.0\\r\\n@info tsc_hz=5'; exit 33");
  expect(record.info["tsc_hz"]).toBe("5");
});

test("tests, notes and skips are gathered by group", async () => {
  const lines = ["  # Subtest: mem", "  # x does not hold", "  not ok 1 a", "  ok 2 b # SKIP none", "  ok 3 c"];
  const { record } = await bootScript(`printf '%s\\n' ${lines.map((line) => `'${line}'`).join(" ")}; exit 35`);
  expect(record.tests()).toEqual({ passed: 1, failed: 1, skipped: 1 });
  expect(record.failures).toEqual([{ name: "mem/a", notes: ["x does not hold"] }]);
});

test("phases are told in guest time, each with its own share", () => {
  const record = new BootRecord();
  expect(record.phases()).toEqual([]);
  record.take({ kind: "phase", name: "entry", tsc: 1000 });
  record.take({ kind: "phase", name: "heap", tsc: 3000 });
  record.take({ kind: "mark", name: "info", fields: { tsc_hz: "2000000000" } });
  expect(record.phases()).toEqual([
    { name: "entry", atNs: 500, tookNs: 500 },
    { name: "heap", atNs: 1500, tookNs: 1000 },
  ]);
});
