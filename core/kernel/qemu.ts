/** QEMU: where it is, and the one place that knows its flags. */

import { accessSync, constants, existsSync, realpathSync, statSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { EXIT } from "../cli/exit.ts";
import { Failure } from "../cli/failure.ts";
import { SYSTEM_PATH } from "../cli/path.ts";

export type Accel = "tcg" | "kvm";

export interface Machine {
  readonly memoryMiB: number;
  readonly cpus: number;
  readonly accel: Accel;
  /** Counts instructions instead of time: exact, repeatable, one processor. */
  readonly exact: boolean;
  readonly boot: { readonly image: string } | { readonly iso: string };
  /** The firmware, when it is not QEMU's own choice. */
  readonly firmware?: string | undefined;
  /** A file that is handed over as a boot module. */
  readonly module?: string | undefined;
  /** The kernel's command line; an ISO has it in its own menu. */
  readonly words: readonly string[];
}

const NAME = "qemu-system-x86_64";
const ELSEWHERE = ["/usr/libexec/qemu-kvm"];
const INSTALL = "install it, on Debian and Ubuntu: apt-get install qemu-system-x86";

/** The QEMU to use: as asked for, from `HFTZ_QEMU`, or on the PATH. @throws Failure (3) when there is none. */
export function findQemu(
  asked: string | undefined,
  env: Readonly<Record<string, string | undefined>> = process.env,
): string {
  const given = asked ?? env["HFTZ_QEMU"];
  if (given !== undefined && given !== "") {
    const found = given.includes("/") ? [given] : onPath(given, env["PATH"]);
    const usable = found.find(isExecutable);
    if (usable !== undefined) return usable;
    throw new Failure(`${given} is not a program that can be run`, { exit: EXIT.unavailable, hint: INSTALL });
  }
  const found = [...onPath(NAME, env["PATH"]), ...ELSEWHERE].find(isExecutable);
  if (found !== undefined) return found;
  throw new Failure(`${NAME} is not installed`, { exit: EXIT.unavailable, hint: INSTALL });
}

export function onPath(name: string, path: string | undefined): readonly string[] {
  return (path ?? SYSTEM_PATH)
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name));
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}

/**
 * qboot, which QEMU's own installation and Debian's package put beside QEMU: it starts a PVH kernel in a third of the time that SeaBIOS
 * needs to look for disks. It cannot read an ISO.
 */
export function findQboot(qemu: string): string | undefined {
  const places = [join(dirname(realpathSync(qemu)), "../share/qemu"), "/usr/share/qemu"];
  return places.map((folder) => join(folder, "qboot.rom")).find((file) => existsSync(file));
}

/** No default devices, no display, no reboot: a triple fault ends QEMU. The exit device lets the kernel name its end. */
export function argumentsOf(machine: Machine): readonly string[] {
  const args = ["-M", "pc", "-cpu", machine.accel === "kvm" ? "host" : "max", "-m", String(machine.memoryMiB)];
  args.push("-smp", String(machine.cpus), "-accel", machine.accel, "-nodefaults", "-display", "none", "-no-reboot");
  args.push("-serial", "stdio", "-device", "isa-debug-exit,iobase=0xf4,iosize=0x04");
  if (machine.exact) args.push("-icount", "shift=0,sleep=off");
  if ("iso" in machine.boot) return [...args, "-cdrom", machine.boot.iso];
  if (machine.firmware !== undefined) args.push("-bios", machine.firmware);
  args.push("-kernel", machine.boot.image);
  if (machine.module !== undefined) args.push("-initrd", machine.module.replaceAll(",", ",,"));
  if (machine.words.length > 0) args.push("-append", machine.words.join(" "));
  return args;
}
