/** `hftz boot-kernel` in a real QEMU. */

import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { bootKernel, qemu, toolHere } from "../support/kernel.ts";
import { hftz, inTemporaryDirectory, shell } from "../support/product.ts";

const BOOT = ["entry", "banner", "idt", "pmm", "vmm", "heap", "tss", "timer", "tsc", "smp", "ready"];
/** An emulated machine on a busy host. */
setDefaultTimeout(60_000);

describe.skipIf(qemu === undefined)("boot-kernel", () => {
  test("boots, tests itself, measures itself, and says so", async () => {
    const report = await bootKernel();
    expect(report).toMatchObject({ status: 0, verdict: "passed", failures: [] });
    expect(report.phases.map(({ name }) => name)).toEqual([...BOOT, "tests", "bench"]);
    expect(report.tests.passed).toBeGreaterThanOrEqual(100);
    expect(report.metrics.length).toBeGreaterThanOrEqual(18);
    const classes = Map.groupBy(report.metrics, (metric) => metric.class);
    expect([...classes.keys()]).toEqual(["E", "N"]);
    expect(classes.get("N")!.map(({ name }) => name)).toContain("frame/alloc");
    expect(report.bootMs).toBeGreaterThan(0);
  });

  test("is a page to read without --json", async () => {
    const { status, out } = await hftz(["boot-kernel", "--test", "boot/*", "--bench", "--accel", "tcg"]);
    expect(status).toBe(0);
    for (const part of ["Timeline", "firmware", "boot  ", "frame/alloc", "E: emulated cycles", "passed"]) {
      expect(out).toContain(part);
    }
  });

  test("runs the part of the tests that is asked for, and fails when there is none", async () => {
    const some = await bootKernel("--test", "boot/*,time/*");
    expect(some.tests.passed + some.tests.skipped).toBe(11);
    expect(some.metrics).toEqual([]);
    expect(await bootKernel("--test", "no/such")).toMatchObject({ status: 4, verdict: "failed" });
  });

  test("boots by GRUB from an ISO", async () => {
    if (toolHere("grub-mkrescue") === undefined) return;
    const report = await bootKernel("--iso", "--test", "*");
    expect(report).toMatchObject({ status: 0, failures: [], info: { protocol: "multiboot2" } });
  });

  test("without grub-mkrescue is unavailable, with the command that installs it", async () => {
    const env = { HFTZ_QEMU: qemu!, PATH: "/nonexistent" };
    const { status, err } = await hftz(["boot-kernel", "--iso", "--accel", "tcg"], { env });
    expect(status).toBe(3);
    expect(err).toContain("grub-pc-bin");
  });

  test.each([
    ["panic", "panic", "message=asked to"],
    ["null", "fault", "null access"],
    ["divide", "fault", "#DE divide error"],
    ["opcode", "fault", "#UD invalid opcode"],
    ["interrupt", "fault", "unknown interrupt"],
    ["stack", "fault", "guard page below boot stack"],
    ["guard", "fault", "guard page below a buffer"],
    ["double-free", "panic", "DoubleFree"],
    ["memory", "panic", "memory allocation of"],
    ["triple", "triple-fault", ""],
  ])("tells how a kernel that dies of %s ended", async (way, verdict, words) => {
    const report = await bootKernel("--append", `die=${way}`);
    expect(report).toMatchObject({ status: 1, verdict });
    expect(report.lastWords.join("\n")).toContain(words);
  });

  test("stops a kernel that hangs", async () => {
    const report = await bootKernel("--append", "die=hang", "--timeout", "2s");
    expect(report).toMatchObject({ status: 1, verdict: "hang" });
  });

  test("gives QEMU's own words when QEMU fails", async () => {
    await inTemporaryDirectory(async (folder) => {
      const broken = join(folder, "broken.elf");
      writeFileSync(broken, "not a kernel");
      const report = await bootKernel("--kernel", broken);
      expect(report).toMatchObject({ status: 1, verdict: "qemu" });
      expect(report.error).not.toBe("");
    });
  });

  test("ends its child and itself on Ctrl-C", async () => {
    const { status, out } = await shell(
      "hftz boot-kernel --append die=hang --accel tcg & child=$!; sleep 1; kill -INT $child; wait $child; echo status $?; pgrep -P $child || echo alone",
    );
    expect(out).toContain("status 130");
    expect(out).toContain("alone");
    expect(status).toBe(0);
  });

  test("talks through a pipe", async () => {
    const { status, out } = await shell("printf 'mem\\npeek 8\\nexit\\n' | hftz boot-kernel --shell --accel tcg");
    expect(status).toBe(0);
    expect(out).toMatch(/frames {2}\d+ of \d+ free/);
    expect(out).toContain("caught Exception { vector: e");
  });

  test("rebuilds the books that replay rebuilds", async () => {
    await inTemporaryDirectory(async (folder) => {
      const day = join(folder, "day.itch");
      await shell(`hftz feedgen --count 100k --seed 5 > ${day}`);
      const { out } = await hftz(["replay", day, "--hash", "--json"]);
      const expected = JSON.parse(out) as { hash: string; messages: number };
      const report = await bootKernel("--itch", day);
      // What it says of itself tells why, should there be no feed in it.
      const { status, error, failures, lastWords } = report;
      expect({ status, error, failures, lastWords }).toMatchObject({ status: 0, failures: [] });
      expect(report.feed).toMatchObject({ hash: expected.hash, messages: String(expected.messages), anomalies: "0" });
      writeFileSync(day, Buffer.from([0, 2, 0x21, 0]));
      const broken = await bootKernel("--itch", day);
      expect(broken).toMatchObject({ status: 4, verdict: "failed" });
      expect(broken.feed?.["error"]).toContain("offset 0");
    });
  });
});

test("without QEMU is unavailable, with the command that installs it", async () => {
  const { status, out, err } = await hftz(["boot-kernel"], { env: { PATH: "/nonexistent" } });
  expect({ status, out }).toEqual({ status: 3, out: "" });
  expect(err).toContain("apt-get install qemu-system-x86");
});

test("combinations that make no sense are wrong usage", async () => {
  for (const args of [
    ["--exact", "--cpus", "2"],
    ["--exact", "--accel", "kvm"],
    ["--memory", "1MiB"],
    ["--shell", "--json"],
  ]) {
    expect((await hftz(["boot-kernel", ...args])).status).toBe(2);
  }
  expect((await hftz(["boot-kernel", "--itch", "/no/such"], { env: { HFTZ_QEMU: "/bin/true" } })).status).toBe(2);
});
