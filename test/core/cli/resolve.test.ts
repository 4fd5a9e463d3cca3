import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { defaultConfigPath } from "../../../core/cli/config.ts";
import { resolveInvocation } from "../../../core/cli/resolve.ts";
import { names, sample, type SampleValues } from "./sample.ts";

let home = "";

beforeAll(() => {
  home = mkdtempSync(join(tmpdir(), "hftz-config-"));
  mkdirSync(join(home, "hftz"));
});
afterAll(() => rmSync(home, { recursive: true }));

function withConfig(toml: string): Record<string, string> {
  writeFileSync(join(home, "hftz", "config.toml"), toml);
  return { XDG_CONFIG_HOME: home };
}

function values(args: readonly string[], env: Record<string, string> = {}): SampleValues {
  return resolveInvocation(sample, ["x", ...args], names, env).values as SampleValues;
}

test("a flag beats the environment, the environment beats the file, the file beats the default", () => {
  const env = withConfig("[replay]\ncount = 3\n");
  expect(values([]).count).toBe(10);
  expect(values([], env).count).toBe(3);
  expect(values([], { ...env, HFTZ_REPLAY_COUNT: "2" }).count).toBe(2);
  expect(values(["--count", "1"], { ...env, HFTZ_REPLAY_COUNT: "2" }).count).toBe(1);
});

test("a toggle said yes to in the file can be said no to on the command line", () => {
  const env = withConfig("[replay]\nhash = true\n");
  expect(values([], env).hash).toBe(true);
  expect(values(["--no-hash"], env).hash).toBe(false);
  expect(values([], { ...env, HFTZ_REPLAY_HASH: "off" }).hash).toBe(false);
});

test("a list comes from repeated flags, commas, or a TOML list", () => {
  expect(values(["--symbol", "A,B", "--symbol", "C"]).symbol).toEqual(["A", "B", "C"]);
  expect(values([], withConfig('[replay]\nsymbol = ["X", "Y"]\n')).symbol).toEqual(["X", "Y"]);
  expect(values([]).symbol).toEqual([]);
});

test("without a source a value is undefined, and a toggle false", () => {
  expect(values([])).toMatchObject({ rate: undefined, onError: undefined, hash: false });
});

test("what was typed is told from what a file or the environment says", () => {
  const { typed } = resolveInvocation(sample, ["x", "--on-error", "skip"], names, { HFTZ_REPLAY_COUNT: "7" });
  expect([...typed]).toEqual(["onError"]);
});

test("settings echo what has a value, by flag name", () => {
  const { settings } = resolveInvocation(sample, ["x", "--on-error", "skip"], names, {});
  expect(settings).toEqual({ count: 10, "on-error": "skip" });
});

test("a variable that is set but empty counts as not set", () => {
  expect(values([], { HFTZ_REPLAY_COUNT: "" }).count).toBe(10);
});

test("a mistyped variable is refused, another command's is not looked at", () => {
  expect(() => values([], { HFTZ_REPLAY_COUTN: "5" })).toThrow(/HFTZ_REPLAY_COUTN is no setting.*HFTZ_REPLAY_COUNT\?/);
  expect(values([], { HFTZ_FEEDGEN_ANYTHING: "5", HFTZ_DATA: "/x" }).count).toBe(10);
});

test("a variable of no command is refused with a suggestion, but for those that tests and builds of hftz read", () => {
  const given = { HFTZ_REPLY_DEPTH: "5" };
  expect(() => values([], given)).toThrow(
    /HFTZ_REPLY_DEPTH is no setting of any command; did you mean HFTZ_REPLAY_DEPTH\?/,
  );
  expect(() => values([], { HFTZ_ON_ERROR: "skip" })).toThrow(
    /no setting of any.*; did you mean HFTZ_REPLAY_ON_ERROR\?$/,
  );
  expect(() => values([], { HFTZ_NOTHINGLIKEIT: "5" })).toThrow(/no setting of any command$/);
  expect(values([], { HFTZ_LONG: "1", HFTZ_FUZZ_ITERATIONS: "5", HFTZ_QEMU: "x" }).count).toBe(10);
});

test("variables of a command of two words are written with an underscore", () => {
  const among = (env: Readonly<Record<string, string>>) =>
    resolveInvocation(sample, ["x"], [...names, "boot-kernel"], env).values["count"];
  expect(among({ HFTZ_BOOT_KERNEL_ACCEL: "tcg" })).toBe(10);
  expect(() => among({ HFTZ_BOOTKERNEL_ACCEL: "tcg" })).toThrow(/did you mean HFTZ_BOOT_KERNEL_ACCEL\?$/);
});

test("an error names the source of the value", () => {
  expect(() => values([], { HFTZ_REPLAY_DEPTH: "0" })).toThrow(/^HFTZ_REPLAY_DEPTH: "0" is not/);
  expect(() => values([], withConfig("[replay]\ndepth = 0\n"))).toThrow(/^depth in .*config\.toml: "0" is not/);
});

test("a mistyped key or section of the file is refused with a suggestion", () => {
  expect(() => values([], withConfig("[replay]\ncoutn = 1\n"))).toThrow(/has no setting coutn; did you mean count\?/);
  expect(() => values([], withConfig("[repaly]\ncount = 1\n"))).toThrow(/no section \[repaly\]; did you mean replay\?/);
  expect(() => values([], withConfig("count = 1\n"))).toThrow(/no section \[count\]/);
});

test("another command's section is left alone", () => {
  expect(values([], withConfig("[feedgen]\nanything = 1\n")).count).toBe(10);
});

test("a broken file is named", () => {
  expect(() => values([], withConfig("[replay\n"))).toThrow(/config\.toml is not TOML/);
});

test("--config reads another file, which must exist", () => {
  const path = join(home, "other.toml");
  writeFileSync(path, "[replay]\ncount = 7\n");
  expect(values(["--config", path]).count).toBe(7);
  expect(() => values(["--config", join(home, "absent.toml")])).toThrow(/absent\.toml: no such file/);
  expect(() => values(["--config", home])).toThrow(/: it is a directory$/);
});

test("a file at the default place that cannot be read says how to do without it", () => {
  const path = join(home, "closed");
  mkdirSync(join(path, "hftz", "config.toml"), { recursive: true });
  expect(() => values([], { XDG_CONFIG_HOME: path })).toThrow(
    expect.objectContaining({
      message: `cannot read the configuration file ${join(path, "hftz", "config.toml")}: it is a directory`,
      hint: "it lies where HOME or XDG_CONFIG_HOME points; --config FILE takes another, /dev/null none",
    }),
  );
});

test("without a file nothing is read, and a relative configuration directory does not count", () => {
  expect(values([], { XDG_CONFIG_HOME: join(home, "nowhere") }).count).toBe(10);
  expect(defaultConfigPath({})).toBeUndefined();
  expect(defaultConfigPath({ XDG_CONFIG_HOME: ".", HOME: "." })).toBeUndefined();
  expect(defaultConfigPath({ XDG_CONFIG_HOME: "", HOME: "/home/me" })).toBe("/home/me/.config/hftz/config.toml");
});
