import { expect, test } from "bun:test";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buildPeers, type Built } from "../../../core/lab/peers/build.ts";
import { findCheckout } from "../../../core/lab/peers/checkout.ts";
import { peerSuites } from "../../../core/lab/peers/measure.ts";
import { inTemporaryDirectory, root } from "../../support/product.ts";

/** A runner that runs nothing: what there is on the PATH, which programs fail, and what was asked. */
function pretend(tools: readonly string[], fails: readonly string[] = []) {
  const asked: string[] = [];
  return {
    asked,
    has: (tool: string): boolean => tools.includes(tool),
    tell: (): void => {},
    run: async (command: readonly string[]): Promise<string | undefined> => {
      asked.push(command[0]!);
      return fails.includes(command[0]!) ? `${command[0]} ended with 101` : undefined;
    },
  };
}

const ALL = ["cargo", "cc", "java", "javac", "mvn"];

/** Builds in a checkout of three small files. */
async function build(runner: ReturnType<typeof pretend>): Promise<Built> {
  return inTemporaryDirectory(async (checkout) => {
    for (const file of ["java/pom.xml", "java/src/main/java/Driver.java", "node/package.json", "node/bun.lock"]) {
      mkdirSync(join(checkout, "bench/peers", file, ".."), { recursive: true });
      writeFileSync(join(checkout, "bench/peers", file), "");
    }
    return buildPeers(checkout, true, runner);
  });
}

test("a checkout is found upwards from the first place that lies in one, and nothing else is taken for one", async () => {
  expect(findCheckout([join(root, "core/lab")])).toBe(root);
  expect(findCheckout(["/", join(root, "bench/peers")])).toBe(root);
  await inTemporaryDirectory(async (folder) => {
    const deep = join(folder, "bench/peers/src");
    mkdirSync(deep, { recursive: true });
    expect(findCheckout([deep])).toBeUndefined();
    writeFileSync(join(folder, "bench/peers/Cargo.toml"), "");
    expect(findCheckout([deep])).toBeUndefined();
    for (const manifest of ["{ broken", "null", '{ "name": "other" }']) {
      writeFileSync(join(folder, "package.json"), manifest);
      expect(findCheckout([deep])).toBeUndefined();
    }
    writeFileSync(join(folder, "package.json"), '{ "name": "hftz" }');
    expect(findCheckout([deep])).toBe(folder);
  });
});

test("with every tool there, every peer is built", async () => {
  const { program, processes, leftOut } = await build(pretend(ALL));
  expect(program).toEndWith("bench/peers/target/release/hftz-peers");
  expect(processes.map(({ name, modifies }) => [name, modifies])).toEqual([
    ["exchange-core", false],
    ["nodejs-order-book", true],
  ]);
  expect(leftOut).toEqual([]);
});

test("a PATH without java leaves out exchange-core alone, with what to install", async () => {
  const runner = pretend(["cargo", "cc"]);
  const { processes, leftOut } = await build(runner);
  expect(processes.map(({ name }) => name)).toEqual(["nodejs-order-book"]);
  const why = "no java, no javac, no mvn; install a JDK and Maven: apt-get install default-jdk-headless maven";
  expect(leftOut).toEqual([{ peer: "exchange-core", why }]);
  expect(runner.asked).not.toContain("mvn");
});

test("a PATH without cargo leaves out all of them, and nothing is run", async () => {
  const runner = pretend(["cc", "java", "javac", "mvn"]);
  const { program, leftOut } = await build(runner);
  expect(program).toBeUndefined();
  expect(leftOut).toEqual([{ peer: "all peers", why: expect.stringContaining("no cargo; install Rust") }]);
  expect(runner.asked).toEqual([]);
});

test("what does not build is left out with the program that failed", async () => {
  const { leftOut } = await build(pretend(ALL, ["mvn", process.execPath]));
  expect(leftOut).toEqual([
    { peer: "exchange-core", why: "its driver does not build: mvn ended with 101" },
    { peer: "nodejs-order-book", why: `it cannot be installed: ${process.execPath} ended with 101` },
  ]);
  expect((await build(pretend(ALL, ["cargo"]))).leftOut[0]!.why).toBe("they do not build: cargo ended with 101");
});

test("what was built is not built again until its sources change", async () => {
  await inTemporaryDirectory(async (checkout) => {
    const at = (file: string): string => join(checkout, "bench/peers", file);
    for (const file of ["java/pom.xml", "java/src/main/java/Driver.java", "node/package.json", "node/bun.lock"]) {
      mkdirSync(join(at(file), ".."), { recursive: true });
      writeFileSync(at(file), "");
    }
    const runs = async (): Promise<readonly string[]> => {
      const runner = pretend(ALL);
      await buildPeers(checkout, true, runner);
      return runner.asked;
    };
    expect(await runs()).toEqual(["cargo", "mvn", process.execPath]);
    expect(await runs()).toEqual(["cargo"]);
    writeFileSync(at("java/src/main/java/Driver.java"), "// changed");
    expect(await runs()).toEqual(["cargo", "mvn"]);
  });
});

test("the suites with peers are those asked for, or all of them", () => {
  expect(peerSuites([])).toEqual(["clock", "ring", "match"]);
  expect(peerSuites(["net", "ring"])).toEqual(["ring"]);
  expect(() => peerSuites(["net", "velox"])).toThrow("only clock, ring, match have peers");
});
