/** The two commands, by npm and by Bun, in a checkout that is up to date. */

import { expect, test } from "bun:test";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { root, shell } from "../support/product.ts";

const bun = join(root, "node_modules/bun/bin/bun.exe");

/** A script of package.json, in the surroundings that built the product. */
async function script(line: string) {
  const env = Object.entries(process.env).filter(([name]) => !name.startsWith("HFTZ_"));
  return shell(line.replace(/^bun /, `${bun} `), { cwd: root, env: Object.fromEntries(env) as Record<string, string> });
}

/** What was built when: a step that ran again would have left other times. */
function built(): string[] {
  const folders = ["dist", ".cache"].map((folder) => join(root, folder));
  return folders.flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => /^(hftz|libhftz\.so|hft-zero\.elf|.*\.stamp)$/.test(name))
      .map((name) => `${name} ${statSync(join(folder, name)).mtimeMs}`),
  );
}

test.each(["npm run --silent", "bun run --silent"])(
  "%s build says and does nothing where everything is up to date, and start runs the main job at once",
  async (runner) => {
    // Whoever calls this test by hand may not have built yet.
    await script(`${runner} build`);
    const before = built();
    expect(before.length).toBeGreaterThan(5);
    expect(await script(`${runner} build`)).toEqual({ status: 0, out: "", err: "" });
    const { status, out, err } = await script(`${runner} start -- --count 10k`);
    expect({ status, err }).toEqual({ status: 0, err: "" });
    expect(out).toContain("the books rebuilt from the feed are the engine's books");
    expect(built()).toEqual(before);
  },
);

test.each(["npm test --silent --", "bun run --silent test --"])(
  "%s ends with the number of tests that passed and failed",
  async (runner) => {
    const { status, out } = await script(`${runner} test/core/cli/suggest.test.ts`);
    expect(status).toBe(0);
    expect(out.trimEnd().split("\n").at(-1)).toMatch(/^[1-9]\d* passed, 0 failed$/);
  },
);
