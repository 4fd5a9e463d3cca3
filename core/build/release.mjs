// hftz-<version>-linux-x64.tar.gz: the executable, its manual page, the licence and the README, with SHA256SUMS beside it, in dist/.

import { createHash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { productVersion } from "./binary.mjs";
import { binary, cache, dist, inRoot } from "./paths.mjs";
import { SetupFailure, capture, must, say } from "./process.mjs";

/** @param into the folder of archive and checksum */
export async function packRelease(into = dist) {
  const name = `hftz-${productVersion()}-linux-x64`;
  const staging = join(cache, "release");
  const folder = join(staging, name);
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const file of ["LICENSE", "README.md", "CHANGELOG.md"]) copyFileSync(inRoot(file), join(folder, file));
  copyFileSync(binary, join(folder, "hftz"));
  const manual = capture(binary, ["man"]);
  if (manual === undefined) throw new SetupFailure("dist/hftz does not print its manual page");
  writeFileSync(join(folder, "hftz.1"), `${manual}\n`);

  // Fixed order, owner and times, so that the same build packs to the same bytes.
  const archive = join(into, `${name}.tar.gz`);
  const fixed = ["--sort=name", "--owner=0", "--group=0", "--numeric-owner", "--mtime=@0"];
  const tarball = join(staging, `${name}.tar`);
  await must("tar", "tar", [...fixed, "-cf", tarball, "-C", staging, name]);
  await must("gzip", "gzip", ["-9", "-n", "-f", tarball]);
  copyFileSync(`${tarball}.gz`, archive);
  const sum = createHash("sha256").update(readFileSync(archive)).digest("hex");
  writeFileSync(join(into, "SHA256SUMS"), `${sum}  ${basename(archive)}\n`);
  rmSync(staging, { recursive: true });
  say([basename(archive), "SHA256SUMS"].map((file) => join(into, file)).join("\n"));
  return 0;
}
