import { expect, test } from "bun:test";
import { hftz, shell } from "../support/product.ts";

const ESCAPE = "\u001B[";

test("a pipe gets no colour, FORCE_COLOR gives it, NO_COLOR takes it away again", async () => {
  expect((await hftz(["--help"])).out).not.toContain(ESCAPE);
  expect((await hftz(["--help"], { env: { FORCE_COLOR: "1" } })).out).toContain(ESCAPE);
  expect((await hftz(["--help"], { env: { FORCE_COLOR: "1", NO_COLOR: "1" } })).out).not.toContain(ESCAPE);
});

test("a terminal gets colour unless NO_COLOR or TERM says otherwise", async () => {
  const onTerminal = (env: Record<string, string>) => shell("script -qec 'hftz --help' /dev/null", { env });
  expect((await onTerminal({ TERM: "xterm" })).out).toContain(ESCAPE);
  expect((await onTerminal({ TERM: "xterm", NO_COLOR: "1" })).out).not.toContain(ESCAPE);
  expect((await onTerminal({ TERM: "dumb" })).out).not.toContain(ESCAPE);
});

test("a terminal gets long errors folded between words, a log as one line each", async () => {
  const line = "hftz replay x --bbo --depth 5 --trades --no-such-option-of-some-length-that-nobody-would-ever-think-of";
  const { out } = await shell(`script -qec '${line}' /dev/null`, { env: { NO_COLOR: "1" } });
  const shown = out.trimEnd().split("\r\n");
  expect(shown.every((row) => row.length < 80 || !row.trim().includes(" "))).toBe(true);
  expect(shown.length).toBeGreaterThan(2);
  expect((await shell(line)).err.trimEnd().split("\n")).toHaveLength(2);
});
