// What is up to date. A stamp is the SHA-256 of a step's inputs (path and content, so that a checkout that only touches
// times rebuilds nothing), written after the step succeeded; a step is fresh when its stamp agrees and its outputs lie there.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { cache, root } from "./paths.mjs";

const SKIPPED = new Set(["target", "node_modules", "dist", ".cache", ".git"]);

/** Every file below `path` that `wanted` accepts, in a stable order; `path` itself when it is a file. */
export function filesUnder(path, wanted = () => true) {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  const found = [];
  for (const entry of readdirSync(path, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (SKIPPED.has(entry.name)) continue;
    const child = join(path, entry.name);
    if (entry.isDirectory()) found.push(...filesUnder(child, wanted));
    else if (entry.isFile() && wanted(child)) found.push(child);
  }
  return found;
}

/** One digest over files and plain words. */
export function digestOf(files, words = []) {
  const hash = createHash("sha256");
  for (const word of words) hash.update(`${word}\0`);
  for (const file of files) {
    const content = readFileSync(file);
    hash.update(`${relative(root, file)}\0${content.length}\0`).update(content);
  }
  return hash.digest("hex");
}

const stampFile = (name) => join(cache, `${name}.stamp`);

export function isFresh(name, digest, outputs) {
  if (!outputs.every((path) => existsSync(path))) return false;
  const file = stampFile(name);
  return existsSync(file) && readFileSync(file, "utf8") === digest;
}

export function setStamp(name, digest) {
  mkdirSync(cache, { recursive: true });
  writeFileSync(stampFile(name), digest);
}

/** A step that is about to overwrite its outputs is not fresh until it has ended well. */
export function dropStamp(name) {
  rmSync(stampFile(name), { force: true });
}
