/** From settings to a machine. */

import { describe, expect, test } from "bun:test";
import { mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { menuOf } from "../../../core/kernel/iso.ts";
import { argumentsOf, findQboot, findQemu } from "../../../core/kernel/qemu.ts";
import { memoryFor, wordsOf } from "../../../core/kernel/session.ts";
import { inTemporaryDirectory } from "../../support/product.ts";

const nothing = { test: undefined, bench: false, exact: false, itch: undefined, append: undefined, shell: false };
type Asked = Parameters<typeof wordsOf>[0];
const words = (more: Partial<Asked>): readonly string[] => wordsOf({ ...nothing, ...more } as Asked);

describe("the kernel's words", () => {
  test("ask for everything when nothing was asked for", () => {
    expect(words({})).toEqual(["test=*", "bench=*"]);
    expect(words({ exact: true })).toEqual(["exact", "test=*", "bench=*"]);
  });

  test("ask for nothing else when something was", () => {
    expect(words({ test: "mem/*" })).toEqual(["test=mem/*"]);
    expect(words({ bench: true, exact: true })).toEqual(["exact", "bench=*"]);
    expect(words({ itch: "day.itch" })).toEqual(["feed"]);
    expect(words({ append: "die=panic" })).toEqual(["die=panic"]);
    expect(words({ shell: true })).toEqual(["shell"]);
  });
});

describe("QEMU's arguments", () => {
  const machine = {
    memoryMiB: 64,
    cpus: 2,
    accel: "tcg",
    exact: false,
    boot: { image: "k" },
    words: ["a", "b"],
  } as const;

  test("name no default device and never reboot", () => {
    const args = argumentsOf(machine);
    for (const wanted of ["-nodefaults", "-no-reboot", "-kernel"]) expect(args).toContain(wanted);
    expect(args[args.indexOf("-append") + 1]).toBe("a b");
  });

  test("escape the comma of a module's name", () => {
    expect(argumentsOf({ ...machine, module: "/a,b" })).toContain("/a,,b");
  });

  test("of an ISO carry no command line, and no firmware that cannot read one", () => {
    const args = argumentsOf({ ...machine, boot: { iso: "k.iso" }, module: "/a", firmware: "qboot.rom" });
    expect(args).not.toContain("-bios");
    expect(args).not.toContain("-append");
    expect(args).not.toContain("-initrd");
  });
});

test("qboot is found beside QEMU, and its absence is no failure", async () => {
  await inTemporaryDirectory(async (folder) => {
    for (const part of ["bin", "share/qemu"]) mkdirSync(join(folder, part), { recursive: true });
    writeFileSync(join(folder, "bin/qemu"), "");
    const elsewhere = findQboot(join(folder, "bin/qemu"));
    expect([undefined, "/usr/share/qemu/qboot.rom"]).toContain(elsewhere);
    writeFileSync(join(folder, "share/qemu/qboot.rom"), "");
    expect(findQboot(join(folder, "bin/qemu"))).toBe(join(realpathSync(folder), "share/qemu/qboot.rom"));
  });
});

test("a word in GRUB's menu cannot end its quotes", () => {
  expect(menuOf(["a'; halt; '"], true)).toContain("hft-zero.elf 'a; halt; '\n  module2 /boot/module");
});

describe("QEMU itself", () => {
  test("is looked for by flag, then by variable, then on the PATH", async () => {
    await inTemporaryDirectory(async (folder) => {
      const fake = `${folder}/qemu-system-x86_64`;
      await Bun.write(fake, "#!/bin/sh\n");
      await Bun.spawn(["chmod", "+x", fake]).exited;
      expect(findQemu(fake, {})).toBe(fake);
      expect(findQemu(undefined, { HFTZ_QEMU: fake })).toBe(fake);
      expect(findQemu(undefined, { PATH: folder })).toBe(fake);
    });
  });

  test("when absent is one line with the command that installs it", () => {
    expect(() => findQemu("/no/such/qemu", {})).toThrow("/no/such/qemu is not a program that can be run");
    try {
      findQemu(undefined, { PATH: "/no/such" });
    } catch (cause) {
      expect(cause).toMatchObject({ exit: 3, hint: expect.stringContaining("apt-get install") });
    }
  });
});

describe("memory", () => {
  test("is what was asked for, else a default, else what the file needs", async () => {
    expect(memoryFor({ memory: 64 << 20, itch: undefined })).toBe(64);
    expect(memoryFor({ memory: undefined, itch: undefined })).toBe(256);
    await inTemporaryDirectory(async (folder) => {
      await Bun.write(`${folder}/day.itch`, new Uint8Array(2 << 20));
      expect(memoryFor({ memory: undefined, itch: `${folder}/day.itch` })).toBe(262);
    });
  });

  test("cannot be sized for what is no file, or an empty one", async () => {
    expect(() => memoryFor({ memory: undefined, itch: "/no/such" })).toThrow("is not a file");
    expect(() => memoryFor({ memory: undefined, itch: "/tmp" })).toThrow("is not a file");
    await inTemporaryDirectory(async (folder) => {
      await Bun.write(`${folder}/day.itch`, "");
      expect(() => memoryFor({ memory: undefined, itch: `${folder}/day.itch` })).toThrow("is empty");
    });
  });
});
