/** The two commands, by npm and by Bun, in a checkout that is up to date. */

import { expect, test } from "bun:test";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { inTemporaryDirectory, root, shell } from "../support/product.ts";

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

test("a release is an archive that fits its checksum and holds the program, its manual and its papers", async () => {
  await inTemporaryDirectory(async (folder) => {
    const pack = `import { packRelease } from "${root}/core/build/release.mjs"; await packRelease(process.argv[1]);`;
    const { exitCode } = Bun.spawnSync(["node", "--input-type=module", "-e", pack, folder], { stderr: "ignore" });
    expect(exitCode).toBe(0);
    const { status, out } = await shell(
      "sha256sum --check --quiet SHA256SUMS && tar -xzf hftz-*.tar.gz && ls hftz-*/",
      {
        cwd: folder,
      },
    );
    expect({ status, out }).toEqual({ status: 0, out: "CHANGELOG.md\nLICENSE\nREADME.md\nhftz\nhftz.1\n" });
    expect((await shell("./hftz-*/hftz --version", { cwd: folder })).out).toStartWith("hftz ");
    expect((await shell("head -1 hftz-*/hftz.1", { cwd: folder })).out).toStartWith(".TH HFTZ 1");
  });
}, 120_000);
