// Where things lie. Everything under core/build is plain Node without dependencies: it runs before Bun exists.

import { join, resolve } from "node:path";

export const root = resolve(import.meta.dirname, "../..");
export const inRoot = (...parts) => join(root, ...parts);

export const native = inRoot("ffi");
export const dist = inRoot("dist");
export const cache = inRoot(".cache");
export const library = join(dist, "libhftz.so");
export const kernelImage = join(dist, "hft-zero.elf");
export const binary = join(dist, "hftz");
export const bun = inRoot("node_modules/bun/bin/bun.exe");
