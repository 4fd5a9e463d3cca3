import { expect, test } from "bun:test";
import { printable } from "../../../core/cli/notes.ts";

test("what a message quotes cannot steer the terminal", () => {
  expect(printable("cannot open \u001B[31mred\r\u009B2J.itch: Ünïx\nhint")).toBe(
    "cannot open \\u{1b}[31mred\\u{d}\\u{9b}2J.itch: Ünïx\nhint",
  );
});
