/** The compiled product, run the way a user runs it. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

export const root = resolve(import.meta.dir, "../..");
export const binary = join(root, "dist/hftz");
export const library = join(root, "dist/libhftz.so");

export interface Ended {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

export interface Surroundings {
  readonly cwd?: string;
  /** Nothing is inherited but PATH, so that a developer's own settings change no result. */
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: Uint8Array;
}

const PATH = process.env["PATH"] ?? "/usr/bin:/bin";

/** Runs `hftz ...args` to its end. */
export async function hftz(args: readonly string[], around: Surroundings = {}): Promise<Ended> {
  return ended(Bun.spawn([binary, ...args], options(around)));
}

/** Runs a bash script with `hftz` on its PATH; a pipeline's status is that of its last failing part. */
export async function shell(script: string, around: Surroundings = {}): Promise<Ended> {
  const path = `${join(root, "dist")}:${PATH}`;
  const { env = {}, ...rest } = around;
  return ended(Bun.spawn(["bash", "-o", "pipefail", "-c", script], options({ ...rest, env: { ...env, PATH: path } })));
}

function options({ cwd = tmpdir(), env = {}, stdin }: Surroundings) {
  return {
    cwd,
    env: { PATH, ...env },
    stdin: stdin ?? ("ignore" as const),
    stdout: "pipe" as const,
    stderr: "pipe" as const,
  };
}

async function ended(child: Bun.Subprocess<Uint8Array | "ignore", "pipe", "pipe">): Promise<Ended> {
  const [out, err, status] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { status, out, err };
}

/** A directory that is gone after `work`. */
export async function inTemporaryDirectory<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = mkdtempSync(join(tmpdir(), "hftz-test-"));
  try {
    return await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
