// dist/hft-zero.elf: the bare-metal kernel, by stable Rust with code-generation flags and a target directory of its own.

import { copyFileSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { dist, kernelImage, native } from "./paths.mjs";
import { must, say } from "./process.mjs";
import { digestOf, dropStamp, filesUnder, isFresh, setStamp } from "./stamp.mjs";
import { checkNativeTools } from "./tools.mjs";

const TARGET = "x86_64-unknown-linux-gnu";
/** What the image is made of: a change elsewhere in the workspace does not build it again. */
const PARTS = ["kernel", "book", "wire", "model", "isa", "Cargo.toml", "Cargo.lock", ".cargo/config.toml"];

const isSource = (path) => /\.(rs|toml|lock|S|ld)$/.test(path);

export async function buildKernel() {
  const digest = digestOf(PARTS.flatMap((part) => filesUnder(join(native, part), isSource)));
  if (isFresh("kernel", digest, [kernelImage])) return;
  checkNativeTools();
  say("kernel image: building");
  dropStamp("kernel");
  mkdirSync(dist, { recursive: true });
  const targetDir = join(native, "target/bare");
  const args = ["build", "--config", "kernel/flags.toml", "--target", TARGET, "--target-dir", targetDir, "--locked"];
  args.push("--profile", "kernel", "-p", "hftz-kernel", "--bin", "hft-zero", "--features", "bare");
  await must("the kernel build", "cargo", args, { cwd: native, quiet: !process.stderr.isTTY });
  const next = `${kernelImage}.next`;
  copyFileSync(join(targetDir, TARGET, "kernel/hft-zero"), next);
  renameSync(next, kernelImage);
  setStamp("kernel", digest);
}
