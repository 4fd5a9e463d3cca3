// npm packages, exactly as locked, installed again only when the lock file changed.

import { existsSync, lstatSync, readlinkSync, unlinkSync } from "node:fs";
import { bun, inRoot } from "./paths.mjs";
import { SetupFailure, capture, must, say } from "./process.mjs";
import { digestOf, dropStamp, isFresh, setStamp } from "./stamp.mjs";

const LOCK = inRoot("package-lock.json");
const MANIFEST = inRoot("package.json");

export function bunVersion() {
  return existsSync(bun) ? capture(bun, ["--version"]) : undefined;
}

/** npm empties the folder it installs into; through a link that would be somebody else's. The link goes, what it names stays. */
export function ownFolder(path) {
  if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() !== true) return;
  say(`packages: ${path} was a link to ${readlinkSync(path)}, which stays as it is`);
  unlinkSync(path);
}

export async function installPackages() {
  const digest = digestOf([LOCK, MANIFEST, inRoot(".npmrc")]);
  if (isFresh("packages", digest, [bun, inRoot("node_modules/@napi-rs/cli/package.json")])) return;
  say("packages: installing what package-lock.json names");
  dropStamp("packages");
  if (capture("npm", ["--version"]) === undefined)
    throw new SetupFailure("npm is missing", "it comes with Node: install Node 20 LTS or newer");
  ownFolder(inRoot("node_modules"));
  await must("npm ci", "npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], { quiet: true });
  // npm 11 may block install scripts and only warn; Bun's own fetches its executable, so it is run here when it did not.
  if (bunVersion() === undefined)
    await must("Bun's install script", process.execPath, [inRoot("node_modules/bun/install.js")]);
  if (bunVersion() === undefined) {
    throw new SetupFailure(
      "the bun package is installed but its executable does not run",
      "delete node_modules and run this command again",
    );
  }
  setStamp("packages", digest);
}
