/** What a user meets before any data flows: version, help, wrong usage, exit codes. */

import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { commands } from "../../cmd/commands.ts";
import { ABI_VERSION } from "../../ffi/abi.ts";
import { hftz, root, shell } from "../support/product.ts";

const LISTED = commands.filter(({ hidden }) => hidden !== true).map(({ name }) => name);

test("--version names version, commit, Bun and ABI on one line", async () => {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  for (const spelling of ["--version", "-V"]) {
    const { status, out, err } = await hftz([spelling]);
    expect({ status, err }).toEqual({ status: 0, err: "" });
    expect(out).toMatch(
      new RegExp(`^hftz ${version} \\(commit [0-9a-f]{12}\\+?, Bun 1\\.4\\.5, ABI ${ABI_VERSION}\\)\\n$`),
    );
  }
});

test("--help lists every command, and every command has help with examples", async () => {
  const { status, out } = await hftz(["--help"]);
  expect(status).toBe(0);
  for (const name of LISTED) {
    expect(out).toContain(`  ${name} `);
    const help = await hftz([name, "--help"]);
    expect(help.status).toBe(0);
    expect(help.out).toContain("Examples\n");
    expect(await hftz(["help", name])).toEqual(help);
  }
});

test.each(["--help", ...LISTED.map((name) => `${name} --help`)])("the text of hftz %s is as agreed", async (line) => {
  expect((await hftz(line.split(" "))).out).toMatchSnapshot();
});

test("no help wraps on a terminal of 80 columns, but for commands in examples and words that are wider", async () => {
  for (const line of ["--help", ...LISTED.map((name) => `${name} --help`)]) {
    const { out } = await hftz(line.split(" "));
    const wide = out.split("\n").filter((text) => text.length > 79 && text.trim().includes(" "));
    expect(wide.filter((text) => !/^ {2}(hftz|echo) /.test(text))).toEqual([]);
  }
});

test("without a command the help goes to stderr and the exit code is 2", async () => {
  const { status, out, err } = await hftz([]);
  expect({ status, out }).toEqual({ status: 2, out: "" });
  expect(err).toContain("Usage: hftz COMMAND");
});

test.each([
  [["repaly"], 'hftz has no command "repaly"; did you mean replay?'],
  [["toString"], 'hftz has no command "toString"'],
  [["version"], 'hftz has no command "version"; did you mean --version?'],
  [["--verison"], "hftz has no option --verison; did you mean --version?"],
  [["--version", "x"], '"x" is one argument too many'],
  [["replay"], "INPUT is missing"],
  [["replay", "a", "b"], '"b" is one argument too many'],
  [["replay", "a", "--bob"], "hftz replay has no option --bob; did you mean --bbo?"],
  [["--", "replay"], "a command comes first, -- behind it"],
  [["replay", "a", "--depth"], "--depth needs a value"],
  [["feedgen", "--count", "-1"], '--count: "-1" is not a count such as'],
  [["replay", "a", "--depth", "ten"], '--depth: "ten" is not a whole number from 1 to 1000'],
  [["replay", "a", "--format", "cvs"], '--format: "cvs" is not one of'],
  [["replay", "a", "--format", "csv,ndjson"], "--format names two forms of the output"],
  [["replay", "a", "--bbo", "--to", "-"], "--bbo and --to - both write to stdout"],
  [["replay", "a", "--bbo", "--trades"], "--bbo and --trades exclude each other"],
  [["replay", "a", "--duration", "0s"], "the duration must be above 0"],
  [["replay", "a", "--symbol", "TOOLONGNAME"], '"TOOLONGNAME"'],
  [["replay", "a", "--config", "/nowhere/x.toml"], "cannot read the configuration file /nowhere/x.toml: no such file"],
  [["feedgen", "--symbols", "0"], '--symbols: "0" is not a whole number from 1 to 65535'],
  [["feedgen", "--model", "poison"], '"poison" is not one of zi, poisson, hawkes; did you mean poisson?'],
  [["feedgen", "--model", "hawk"], "did you mean hawkes?"],
  [["feedgen", "--mu", "NaN"], '--mu: "NaN" is not a number such as 10 or 0.5'],
  [["feedgen", "--model", "hawkes", "--alpha", "-1"], '--alpha: "-1" is not a number'],
  [["feedgen", "--burst", "10,1ms"], '--burst: "10,1ms" is not a burst such as 10x,1ms/100ms'],
  [["feedgen", "--rate", "0"], '--rate: "0" is not a rate'],
  [["match", "--durability", "group"], "--durability goes with --journal or --recover: without one nothing is logged"],
  [["match", "--retain", "2"], "--retain goes with --journal or --recover"],
  [
    ["match", "--journal", "j", "--durability", "async", "--commit-delay", "5us"],
    "--commit-delay goes with --durability",
  ],
  [["replay", "--journal", "j", "--bbo"], "--bbo does not go with --journal"],
  [["replay", "a", "--reports", "b"], "--reports goes with --journal"],
  [["replay", "a", "--force"], "--force goes with --journal"],
  [["replay", "a", "--verify", "b", "--at", "10:00"], "--at does not go with --verify"],
  [["replay", "a", "--count-only", "--symbol", "X"], "--symbol does not go with --count-only"],
  [["feedgen", "--to", "a.itch", "--mtu", "1000"], "--mtu goes with packets"],
  [["feedgen", "--to", "a.itch", "--heartbeat", "2s"], "--heartbeat goes with --to udp://"],
  [["feedgen", "--to", "udp://127.0.0.1:1", "--store", "1MiB"], "--store goes with --retransmit"],
  [["completions", "tcsh"], 'SHELL "tcsh" is not one of bash, zsh, fish'],
])("%p is wrong usage: exit code 2, nothing on stdout, one clear line", async (args, words) => {
  const { status, out, err } = await hftz(args);
  expect({ status, out }).toEqual({ status: 2, out: "" });
  expect(err.split("\n")[0]).toContain(words);
});

test("a setting from the environment is as strict as a flag", async () => {
  const { status, err } = await hftz(["replay", "x"], { env: { HFTZ_REPLAY_ON_EROR: "skip" } });
  expect(status).toBe(2);
  expect(err).toContain("HFTZ_REPLAY_ON_EROR is no setting of hftz replay; did you mean HFTZ_REPLAY_ON_ERROR?");
});

test("a setting of every run may not fit one and is no mistake there, as a flag it is", async () => {
  const env = { HFTZ_MATCH_DURABILITY: "async" };
  expect((await hftz(["match", "--reports", "none"], { env })).status).toBe(0);
  expect((await hftz(["match", "--reports", "none", "--durability", "async"])).status).toBe(2);
});

test("the manual page renders without a warning", async () => {
  const { status, out } = await hftz(["man"]);
  expect(status).toBe(0);
  expect(out).toStartWith(".TH HFTZ 1");
  const rendered = await shell("hftz man | groff -man -Tascii -ww 2>&1 >/dev/null");
  expect(rendered).toEqual({ status: 0, out: "", err: "" });
});
