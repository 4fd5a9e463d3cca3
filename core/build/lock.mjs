// One set-up at a time in one checkout: two terminals must not build over each other.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { cache } from "./paths.mjs";
import { say } from "./process.mjs";

const FILE = join(cache, "setup.lock");
const LOOK_AGAIN_MS = 200;

/** Runs `work` while holding the checkout's lock. A lock whose process is gone (killed, power cut) is taken over. */
export async function whileLocked(work) {
  mkdirSync(cache, { recursive: true });
  let told = false;
  while (!take()) {
    const holder = readHolder();
    if (holder !== undefined && !isAlive(holder)) {
      rmSync(FILE, { force: true });
      continue;
    }
    if (!told) say("waiting for another set-up of this checkout to end");
    told = true;
    await setTimeout(LOOK_AGAIN_MS);
  }
  try {
    return await work();
  } finally {
    rmSync(FILE, { force: true });
  }
}

function take() {
  try {
    writeFileSync(FILE, `${process.pid}`, { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

/** The process that holds the lock; undefined in the moment between its creating the file and its writing to it. */
function readHolder() {
  try {
    return Number(readFileSync(FILE, "utf8")) || undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
