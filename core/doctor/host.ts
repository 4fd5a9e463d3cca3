/** What the checks may ask of a Linux host: small files of /proc and /sys, links, programs. Never more than reading. */

import { accessSync, constants, existsSync, readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { SYSTEM_PATH } from "../cli/path.ts";

/** One thing a host has, lacks, or does not tell. */
export interface Finding {
  readonly area: string;
  readonly name: string;
  /** `note` is neither good nor bad for latency by itself, but a reader of figures must know it. */
  readonly state: "ok" | "lacking" | "unknown" | "note";
  /** What was found, in the host's own words where they are short. */
  readonly found: string;
  /** What it does to latency or to hftz. */
  readonly why: string;
  /** The command that mends it, for a root shell. Words in capitals are the reader's to fill in. */
  readonly mend?: string;
  /** What helps where no command does. */
  readonly advice?: string;
}

/** One question about one area. */
export type Check = (host: Host) => readonly Omit<Finding, "area">[];

/** A command that adds a word to the kernel's command line; it counts from the next boot on. */
export function bootWith(words: string): string {
  return `sed -i 's/^GRUB_CMDLINE_LINUX="/&${words} /' /etc/default/grub && update-grub # then reboot`;
}

export class Host {
  readonly #root: string;
  readonly #path: readonly string[];

  /** @param root where /proc, /sys and the rest are looked for; another folder than `/` in tests */
  constructor(root = "/", path: string = process.env["PATH"] ?? SYSTEM_PATH) {
    this.#root = root;
    this.#path = path.split(":").filter((folder) => folder !== "");
  }

  /** The trimmed text of a file; undefined when it is not there or not ours to read. */
  read(path: string): string | undefined {
    try {
      return readFileSync(join(this.#root, path), "utf8").trim();
    } catch {
      return undefined;
    }
  }

  /** As {@link read}, as a number. */
  number(path: string): number | undefined {
    const text = this.read(path);
    return text === undefined || text === "" || Number.isNaN(Number(text)) ? undefined : Number(text);
  }

  /** Names in a folder, none when there is no such folder. */
  list(path: string): readonly string[] {
    try {
      return readdirSync(join(this.#root, path)).toSorted();
    } catch {
      return [];
    }
  }

  has(path: string): boolean {
    return existsSync(join(this.#root, path));
  }

  /** The last part of where a link leads. */
  link(path: string): string | undefined {
    try {
      return basename(readlinkSync(join(this.#root, path)));
    } catch {
      return undefined;
    }
  }

  /** Whether a program is on the PATH. */
  program(name: string): boolean {
    return this.#path.some((folder) => {
      try {
        accessSync(join(this.#root, folder, name), constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
  }

  /** Flags of the first processor in /proc/cpuinfo. */
  cpuFlags(): ReadonlySet<string> {
    const line = /^(?:flags|Features)\s*:\s*(.*)$/m.exec(this.read("proc/cpuinfo") ?? "")?.[1] ?? "";
    return new Set(line.split(/\s+/));
  }

  /** The word in brackets of `always [madvise] never`. */
  chosen(path: string): string | undefined {
    return /\[([^\]]+)\]/.exec(this.read(path) ?? "")?.[1];
  }
}

/** `2-3,6` has three processors. */
export function countOfList(list: string): number {
  return list
    .split(",")
    .filter((part) => /^\d+(-\d+)?$/.test(part))
    .reduce((count, part) => {
      const [first = 0, last = first] = part.split("-").map(Number);
      return count + last - first + 1;
    }, 0);
}
