/** Real exchange data, which is not part of the repository: `$HFTZ_DATA`, else beside the checkout. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "./product.ts";

const home = process.env["HFTZ_DATA"] ?? join(root, "../shared/data");

/** The path of a real file, or undefined after one line that says what is not tested. */
export function realFile(...parts: readonly string[]): string | undefined {
  const path = join(home, ...parts);
  if (existsSync(path)) return path;
  process.stderr.write(`not tested: there is no ${path}\n`);
  return undefined;
}
