// The native library: @napi-rs/cli drives cargo, the result is dist/libhftz.so.

import { copyFileSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { dist, inRoot, library, native } from "./paths.mjs";
import { must, say } from "./process.mjs";
import { digestOf, dropStamp, filesUnder, isFresh, setStamp } from "./stamp.mjs";
import { checkNativeTools } from "./tools.mjs";

const isSource = (path) => /\.(rs|toml|lock|c|h|S|ld)$/.test(path) && !/\/(tests|benches|fuzz)\//.test(path);

export async function buildNative() {
  const digest = digestOf(filesUnder(native, isSource));
  if (isFresh("native", digest, [library])) return;
  checkNativeTools();
  say("native library: building (about a minute the first time)");
  dropStamp("native");
  mkdirSync(dist, { recursive: true });
  // cargo runs inside ffi/, where .cargo/config.toml sets the CPU floor; every other path is absolute.
  const args = ["build", "--platform", "--release", "--no-js", "--cwd", native];
  args.push("--manifest-path", join(native, "abi/Cargo.toml"), "--package-json-path", inRoot("package.json"));
  args.push("--target-dir", join(native, "target"), "--output-dir", dist, "--", "--locked");
  const quiet = !process.stderr.isTTY;
  await must("the native build", process.execPath, [inRoot("node_modules/@napi-rs/cli/dist/cli.js"), ...args], {
    quiet,
  });
  // One file, one door: the .node name would invite a second load with a second copy of every static.
  const built = join(dist, "hftz.linux-x64-gnu.node");
  const next = `${library}.next`;
  copyFileSync(built, next);
  renameSync(next, library);
  rmSync(built);
  setStamp("native", digest);
}
