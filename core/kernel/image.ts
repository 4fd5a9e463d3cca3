/** The kernel's image as a file that QEMU can open: the one inside this program is copied out. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import embedded from "../../dist/hft-zero.elf" with { type: "file" };

/** Runs `work` with a directory of its own, gone afterwards, that holds the image as `hft-zero.elf`. */
export async function withImage<T>(
  given: string | undefined,
  work: (image: string, folder: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "hft-zero-"));
  try {
    const image = join(folder, "hft-zero.elf");
    await Bun.write(image, Bun.file(given ?? embedded));
    return await work(image, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
