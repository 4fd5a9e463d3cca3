import { expect, test } from "bun:test";
import { printable } from "../../../core/cli/notes.ts";
import { hung } from "../../../core/cli/wrap.ts";

test("what a message quotes cannot steer the terminal", () => {
  expect(printable("cannot open \u001B[31mred\r\u009B2J.itch: Ünïx\nhint")).toBe(
    "cannot open \\u{1b}[31mred\\u{d}\\u{9b}2J.itch: Ünïx\nhint",
  );
});

test("on a terminal a message is folded between words and hangs behind its first; in a log it is one line", () => {
  const text = `cannot open ${"d/".repeat(20)}day.itch: no such file or directory, nor anything like it`;
  const lines = `hftz: ${hung(text, 6, 79)}`.split("\n");
  expect(lines).toHaveLength(2);
  for (const line of lines) expect(line.length).toBeLessThan(80);
  expect(lines[1]).toStartWith("      ");
  expect(lines.map((line) => line.trim()).join(" ")).toBe(`hftz: ${text}`);
  expect(hung(text, 6, Infinity)).toBe(text);
});
