/** Where the peers are: in a checkout of hftz, since none of their code is in the binary. */

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** From each start upwards; the first directory that is a checkout with peers. */
export function findCheckout(starts: readonly string[]): string | undefined {
  for (const start of starts) {
    for (let folder = start; ; folder = dirname(folder)) {
      if (isCheckout(folder)) return folder;
      if (dirname(folder) === folder) break;
    }
  }
  return undefined;
}

function isCheckout(folder: string): boolean {
  if (!existsSync(join(folder, "bench/peers/Cargo.toml"))) return false;
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return typeof manifest === "object" && manifest !== null && "name" in manifest && manifest.name === "hftz";
  } catch {
    return false;
  }
}
