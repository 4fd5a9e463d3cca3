/** The house rules of docs/architecture.md, checked against what the code says: imports only go down. */

import { expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { root } from "./support/product.ts";

/** Storeys from the top down; a folder may import itself and what lies below. */
const TYPESCRIPT = ["cmd", "bench", "core", "ffi"];

/** As above; crates that share a line may stand on each other, which Cargo keeps free of cycles. */
const CRATES = [
  ["abi"],
  ["engine", "kernel"],
  ["lab"],
  ["flow", "gateway", "journal", "net", "source", "trade", "velox"],
  ["book", "wire"],
  ["ring", "clock", "hist", "isa"],
  ["model"],
];

const MOST_LINES = 450;
const SKIPPED = new Set(["node_modules", "target", "dist", "__snapshots__", "fixtures"]);

function filesIn(folder: string, ending: RegExp): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (SKIPPED.has(entry.name) || entry.name.startsWith(".")) return [];
    if (entry.isDirectory()) return filesIn(path, ending);
    return ending.test(entry.name) ? [path] : [];
  });
}

const typescript = ["cmd", "bench", "core", "ffi", "test"].flatMap((folder) => filesIn(folder, /\.ts$/));
const everything = [...typescript, ...["core", "bench"].flatMap((folder) => filesIn(folder, /\.mjs$/))];
const rust = ["ffi", "bench"].flatMap((folder) => filesIn(folder, /\.rs$/));

/** Paths of static, dynamic and type-only imports; what a reader must know counts, not only what runs. */
function importsOf(file: string): string[] {
  const source = readFileSync(join(root, file), "utf8");
  const found = source.matchAll(/^(?:import|export)\b[^;"]*?from "([^"]+)"|^import "([^"]+)"|\bimport\("([^"]+)"\)/gm);
  return [...found].map(([, from, bare, dynamic]) => from ?? bare ?? dynamic ?? "");
}

test("TypeScript imports only go down", () => {
  const upward: string[] = [];
  for (const file of typescript.filter((path) => !path.startsWith("test/"))) {
    const own = TYPESCRIPT.indexOf(file.split("/")[0]!);
    for (const path of importsOf(file).filter((each) => each.startsWith("."))) {
      const target = relative(root, resolve(root, dirname(file), path));
      const storey = TYPESCRIPT.indexOf(target.split("/")[0]!);
      const isBuilt = target === "dist/libhftz.so" || target === "dist/hft-zero.elf";
      if (!isBuilt && (storey < 0 || storey < own)) upward.push(`${file} imports ${target}`);
    }
  }
  expect(upward).toEqual([]);
});

test("only ffi/*.ts opens the door to native code", () => {
  const users = typescript.filter((file) => importsOf(file).includes("bun:ffi"));
  expect(users.filter((file) => dirname(file) !== "ffi")).toEqual([]);
  expect(users.length).toBeGreaterThan(0);
});

/** Prints one line without `node:fs`, for a start in time; the test of its blocking stdout is in e2e. */
const ALLOWED_STREAMS = new Set(["core/cli/version.ts"]);

test("nothing but the output module touches the standard streams", () => {
  const streams = /process\.(stdout|stderr|stdin)\b|\bconsole\.|Bun\.(stdout|stderr)\b/;
  const touching = typescript.filter((file) => {
    const source = readFileSync(join(root, file), "utf8").replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
    return /^(cmd|core|ffi)\//.test(file) && !ALLOWED_STREAMS.has(file) && streams.test(source);
  });
  expect(touching).toEqual([]);
});

interface CargoPackage {
  readonly name: string;
  readonly dependencies: readonly { readonly name: string; readonly path?: string }[];
}

test("crates only depend on what lies below them", () => {
  const cargo = Bun.spawnSync(["cargo", "metadata", "--no-deps", "--format-version=1", "--offline"], {
    cwd: join(root, "ffi"),
  });
  expect(cargo.exitCode).toBe(0);
  const { packages } = JSON.parse(cargo.stdout.toString()) as { packages: CargoPackage[] };
  const short = (name: string): string => name.replace(/^hftz-/, "");
  const storey = (name: string): number => CRATES.findIndex((line) => line.includes(short(name)));
  const wrong: string[] = [];
  for (const { name, dependencies } of packages) {
    if (storey(name) < 0) wrong.push(`${name} has no place in the house`);
    for (const other of dependencies.filter(({ path }) => path !== undefined)) {
      const allowed = storey(other.name) >= storey(name);
      if (!allowed) wrong.push(`${name} depends on ${other.name}`);
    }
  }
  expect(wrong).toEqual([]);
  expect(packages.length).toBeGreaterThan(5);
});

test(`no source file is longer than ${MOST_LINES} lines`, () => {
  const long = [...everything, ...rust]
    .map((file) => [file, readFileSync(join(root, file), "utf8").split("\n").length - 1] as const)
    .filter(([, lines]) => lines > MOST_LINES);
  expect(long).toEqual([]);
});

test("the lock files name no registry host", () => {
  const lock = readFileSync(join(root, "package-lock.json"), "utf8");
  expect(lock).not.toContain('"resolved"');
  const cargo = readFileSync(join(root, "ffi/Cargo.lock"), "utf8");
  const sources = new Set([...cargo.matchAll(/^source = "(.*)"$/gm)].map((match) => match[1]));
  expect([...sources]).toEqual(["registry+https://github.com/rust-lang/crates.io-index"]);
});

test("versions are pinned exactly and Bun is the one that was measured", () => {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<
    string,
    Record<string, string>
  >;
  const versions = { ...manifest["dependencies"], ...manifest["devDependencies"] };
  expect(Object.values(versions).filter((version) => !/^\d+\.\d+\.\d+$/.test(version))).toEqual([]);
  expect(versions["bun"]).toBe("1.4.5");
});
