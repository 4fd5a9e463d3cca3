// dist/hftz: one executable with Bun, the TypeScript as bytecode, the native library and the kernel's image inside.

import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { binary, bun, cache, dist, inRoot, kernelImage, library } from "./paths.mjs";
import { capture, must, say } from "./process.mjs";
import { digestOf, dropStamp, filesUnder, isFresh, setStamp } from "./stamp.mjs";

// The style and the script of the HTML report are embedded as text.
const isSource = (path) => /\.(ts|css|js)$/.test(path);

export function productVersion() {
  return JSON.parse(readFileSync(inRoot("package.json"), "utf8")).version;
}

/** Commit of the checkout, `+` when files differ from it, `unknown` outside a repository. */
export function productCommit() {
  const commit = capture("git", ["rev-parse", "--short=12", "HEAD"]);
  if (commit === undefined) return "unknown";
  const changes = capture("git", ["status", "--porcelain", "--untracked-files=no"]);
  return changes === "" ? commit : `${commit}+`;
}

export async function buildBinary() {
  const words = [productVersion(), productCommit()];
  const sources = ["cmd", "core", "ffi"].flatMap((folder) => filesUnder(inRoot(folder), isSource));
  const settings = ["package-lock.json", "tsconfig.json", "core/build/binary.mjs"].map((path) => inRoot(path));
  const digest = digestOf([...sources, ...settings, library, kernelImage], words);
  if (isFresh("binary", digest, [binary])) return;
  say("dist/hftz: bundling");
  dropStamp("binary");
  // Source maps of the chunks are embedded and also written beside the executable: only the executable goes to dist/.
  const bundle = join(cache, "bundle");
  rmSync(bundle, { recursive: true, force: true });
  for (const folder of [dist, bundle]) mkdirSync(folder, { recursive: true });
  const next = join(bundle, "hftz");
  const [version, commit] = words;
  // Splitting keeps other commands' modules out of a start; without the two autoload flags a bunfig.toml or .env in the
  // user's current directory would run code inside hftz. The executable is Bun's own, so nothing is downloaded.
  const args = [
    "build",
    "cmd/hftz.ts",
    "--compile",
    "--target=bun-linux-x64-baseline",
    `--compile-executable-path=${bun}`,
  ];
  args.push("--minify", "--bytecode", "--format=esm", "--splitting", "--sourcemap");
  args.push("--no-compile-autoload-bunfig", "--no-compile-autoload-dotenv");
  args.push("--define", `HFTZ_VERSION="${version}"`, "--define", `HFTZ_COMMIT="${commit}"`);
  await must("bun build", bun, [...args, `--outfile=${next}`], { quiet: true });
  chmodSync(next, 0o755);
  // A rename leaves a running hftz its old file.
  renameSync(next, binary);
  setStamp("binary", digest);
}
