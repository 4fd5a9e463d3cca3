/** Where results go, looked at before anything is measured: a run of minutes must not end with a page that cannot be written. */

import { accessSync, constants, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { Failure, misuse } from "../cli/failure.ts";

/** Files by the flag that names them; those that are only read are there so that none is written over. */
export interface Places {
  readonly written: Readonly<Record<string, string | undefined>>;
  readonly read: readonly (readonly [string, string])[];
}

/** @throws Failure when two are the same file, or one cannot be written. */
export function checkPlaces({ written, read }: Places): void {
  const outputs = Object.entries(written).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const taken = new Map(read.map(([flag, path]) => [resolve(path), flag]));
  for (const [flag, path] of outputs) {
    const other = taken.get(resolve(path));
    if (other !== undefined) throw misuse(`--${flag} and --${other} are the same file, ${path}`);
    taken.set(resolve(path), flag);
  }
  for (const [, path] of outputs) checkWritable(path);
}

function checkWritable(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) throw new Failure(`cannot write ${path}: it is a directory`);
  try {
    accessSync(found === undefined ? dirname(path) : path, constants.W_OK);
  } catch {
    throw new Failure(
      `cannot write ${path}: ${found === undefined ? "its directory is not there or not writable" : "it is not writable"}`,
    );
  }
}
