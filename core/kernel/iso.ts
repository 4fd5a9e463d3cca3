/** A bootable ISO around the kernel: GRUB, its menu, and nothing else. */

import { copyFileSync, linkSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EXIT } from "../cli/exit.ts";
import { Failure } from "../cli/failure.ts";
import { isExecutable, onPath } from "./qemu.ts";

const HINT = "install it, on Debian and Ubuntu: apt-get install grub-common grub-pc-bin xorriso mtools";

/** Builds the ISO in `folder`. @throws Failure (3) without grub-mkrescue or when it fails. */
export async function makeIso(
  folder: string,
  image: string,
  words: readonly string[],
  module: string | undefined,
): Promise<string> {
  const tool = ["grub-mkrescue", "grub2-mkrescue"]
    .flatMap((name) => onPath(name, process.env["PATH"]))
    .find(isExecutable);
  if (tool === undefined) throw new Failure("grub-mkrescue is not installed", { exit: EXIT.unavailable, hint: HINT });
  const tree = join(folder, "tree");
  mkdirSync(join(tree, "boot/grub"), { recursive: true });
  copyFileSync(image, join(tree, "boot/hft-zero.elf"));
  if (module !== undefined) linkOrCopy(module, join(tree, "boot/module"));
  writeFileSync(join(tree, "boot/grub/grub.cfg"), menuOf(words, module !== undefined));
  const iso = join(folder, "hft-zero.iso");
  const child = Bun.spawn([tool, "-o", iso, tree], { stdin: "ignore", stdout: "ignore", stderr: "pipe" });
  const said = await new Response(child.stderr).text();
  if ((await child.exited) !== 0) {
    const last = said.trim().split("\n").at(-1) ?? "no reason given";
    throw new Failure(`grub-mkrescue failed: ${last}`, { exit: EXIT.unavailable, hint: HINT });
  }
  return iso;
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}

export function menuOf(words: readonly string[], hasModule: boolean): string {
  const command = ["multiboot2 /boot/hft-zero.elf", ...words.map((word) => `'${word.replaceAll("'", "")}'`)].join(" ");
  const module = hasModule ? "  module2 /boot/module\n" : "";
  return `set timeout=0\nset default=0\nmenuentry "HFT-Zero" {\n  ${command}\n${module}  boot\n}\n`;
}
