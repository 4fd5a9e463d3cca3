/** Which standard streams this process was given. */

import { readFileSync } from "node:fs";

const O_CLOEXEC = 0o2000000;

/**
 * Whether the caller closed this standard descriptor (`>&-`). Bun then opens /dev/null in its place, so that data would vanish without
 * an error; it opens it close-on-exec, which an inherited descriptor can never be.
 */
export function wasClosed(fd: 0 | 1 | 2): boolean {
  const info = readInfo(fd);
  const flags = /^flags:\s+([0-7]+)$/m.exec(info)?.[1];
  return flags !== undefined && (Number.parseInt(flags, 8) & O_CLOEXEC) !== 0;
}

function readInfo(fd: number): string {
  try {
    return readFileSync(`/proc/self/fdinfo/${fd}`, "utf8");
  } catch {
    // No /proc: nothing is known, and nothing is claimed.
    return "";
  }
}
