import { expect, test } from "bun:test";
import { palette, wantsColor } from "../../../core/cli/terminal.ts";

const NO_TERMINAL = 99;

test("NO_COLOR wins over FORCE_COLOR, and FORCE_COLOR over a pipe", () => {
  expect(wantsColor(NO_TERMINAL, {})).toBe(false);
  expect(wantsColor(NO_TERMINAL, { FORCE_COLOR: "1" })).toBe(true);
  expect(wantsColor(NO_TERMINAL, { FORCE_COLOR: "0" })).toBe(false);
  expect(wantsColor(NO_TERMINAL, { FORCE_COLOR: "1", NO_COLOR: "1" })).toBe(false);
  expect(wantsColor(NO_TERMINAL, { FORCE_COLOR: "1", NO_COLOR: "" })).toBe(true);
});

test("without colour a text stays as it is", () => {
  expect(palette(false).bad("x")).toBe("x");
  expect(palette(true).bad("x")).toBe("\u001B[31mx\u001B[39m");
});
