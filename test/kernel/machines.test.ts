/** The kernel on machines of many sizes, and what its image must not contain. */

import { describe, expect, setDefaultTimeout, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { boot } from "../../core/kernel/machine.ts";
import { argumentsOf, type Machine } from "../../core/kernel/qemu.ts";
import { BootRecord } from "../../core/kernel/record.ts";
import { bootKernel, image, qemu, toolHere } from "../support/kernel.ts";
import { realFile } from "../support/realData.ts";

const SLOW = 120_000;
setDefaultTimeout(SLOW);
const LONG = process.env["HFTZ_LONG"] !== undefined;

describe.skipIf(qemu === undefined)("the kernel", () => {
  test.each([
    [32, 1],
    [32, 2],
    [64, 2],
    [1024, 2],
    [4096, 1],
    [4096, 2],
    [8192, 1],
    [8192, 2],
  ])("passes with %d MiB and %d processors", async (memory, cpus) => {
    const report = await bootKernel("--memory", `${memory}MiB`, "--cpus", String(cpus), "--test", "*");
    expect(report).toMatchObject({ status: 0, failures: [] });
    const skipped = (cpus === 1 ? 10 : 0) + (memory < 4096 ? 1 : 0) + 1;
    expect(report.tests.skipped).toBe(skipped);
  });

  test("gives the emulator nothing to complain about", async () => {
    const folder = mkdtempSync(join(tmpdir(), "hftz-guest-"));
    const log = join(folder, "guest.log");
    const words = ["test=*", "bench=*"];
    const machine: Machine = { memoryMiB: 256, cpus: 2, accel: "tcg", exact: false, boot: { image }, words };
    const args = [...argumentsOf(machine), "-d", "guest_errors,unimp", "-D", log];
    const child = Bun.spawn([qemu!, ...args], { stdin: "ignore", stdout: "ignore", stderr: "ignore" });
    expect(await child.exited).toBe(33);
    // The tests of the undefined opcode execute one (0f 0b) on purpose, which this log names too.
    const complaints = readFileSync(log, "utf8")
      .split("\n")
      .filter((line) => line !== "" && !/^ILLOPC: \w+: 0f 0b$/.test(line));
    expect(complaints).toEqual([]);
    rmSync(folder, { recursive: true });
  });

  test("passes the public edge cases of matching", async () => {
    const module = realFile("conformance", "limit-ioc-modify-34.jsonl");
    if (module === undefined) return;
    const marks: Record<string, unknown> = {};
    const machine: Machine = {
      memoryMiB: 256,
      cpus: 1,
      accel: "tcg",
      exact: false,
      boot: { image },
      module,
      words: ["cases"],
    };
    const record = new BootRecord();
    const done = await boot(qemu!, machine, {
      silenceMs: SLOW,
      onLine: (line) => {
        record.take(line);
        if (line.kind === "mark") marks[line.name] = line.fields;
      },
    });
    expect(done.ending).toBe("passed");
    expect(marks["cases"]).toEqual({ passed: "34", failed: "0" });
  });

  test.skipIf(!LONG)(
    "boots a hundred times in a row",
    async () => {
      for (let round = 0; round < 100; round++) {
        const report = await bootKernel("--test", "boot/*,smp/*");
        expect(report).toMatchObject({ status: 0, failures: [] });
      }
    },
    10 * SLOW,
  );
});

describe("the image", () => {
  const objdump = toolHere("objdump");

  /** Functions with their instructions. */
  async function disassembly(): Promise<ReadonlyMap<string, readonly string[]>> {
    const child = Bun.spawn([objdump!, "-d", "--no-show-raw-insn", image], { stdout: "pipe" });
    const functions = new Map<string, string[]>();
    let lines: string[] = [];
    for (const line of (await new Response(child.stdout).text()).split("\n")) {
      const name = /^[0-9a-f]+ <(.+)>:$/.exec(line)?.[1];
      if (name !== undefined) functions.set(name, (lines = []));
      else if (line.startsWith("ffffffff")) lines.push(line.replace(/^[^\t]*\t/, ""));
    }
    return functions;
  }

  test.skipIf(objdump === undefined)("has no access to the red zone", async () => {
    // With an index register the displacement says nothing about where the access lands.
    const bad = [...(await disassembly())].flatMap(([name, code]) =>
      code.filter((line) => /-0x[0-9a-f]+\(%rsp\)/.test(line)).map((line) => `${name}: ${line}`),
    );
    expect(bad).toEqual([]);
  });

  test.skipIf(objdump === undefined)("has no vector register in the fast interrupt paths, and no call", async () => {
    const functions = await disassembly();
    for (const name of ["isr_timer", "isr_serial", "isr_wake", "isr_shoot", "isr_spurious", "syscall_entry"]) {
      const code = functions.get(name);
      expect(code?.length).toBeGreaterThan(0);
      expect(code!.filter((line) => /%[xyz]mm|%mm|%st/.test(line))).toEqual([]);
      if (name.startsWith("isr")) expect(code!.filter((line) => line.startsWith("call"))).toEqual([]);
    }
  });
});
