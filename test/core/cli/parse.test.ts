import { expect, test } from "bun:test";
import { Failure } from "../../../core/cli/failure.ts";
import { asksForHelp, parseArguments } from "../../../core/cli/parse.ts";
import { resolveInvocation } from "../../../core/cli/resolve.ts";
import { names, sample } from "./sample.ts";

function refusal(...args: string[]): string {
  try {
    resolveInvocation(sample, args, names, {});
  } catch (cause) {
    if (cause instanceof Failure) {
      expect(cause.exit).toBe(2);
      return cause.message;
    }
    throw cause;
  }
  throw new Error(`${args.join(" ")} was accepted`);
}

test("an unknown flag is refused with the nearest right spelling", () => {
  expect(refusal("x", "--has")).toBe("hftz replay has no option --has; did you mean --hash?");
  expect(refusal("x", "--onerror", "skip")).toBe("hftz replay has no option --onerror; did you mean --on-error?");
  expect(refusal("x", "--zzzzzz")).toBe("hftz replay has no option --zzzzzz");
  expect(refusal("x", "--has=1")).toBe("hftz replay has no option --has; did you mean --hash?");
});

test("an unknown short flag is refused", () => {
  expect(refusal("x", "-x")).toBe("hftz replay has no option -x");
});

test("a missing value is refused, also when another flag follows", () => {
  expect(refusal("x", "--count")).toBe("--count needs a value");
  expect(refusal("x", "--count", "--hash")).toBe("--count needs a value");
  expect(refusal("x", "--count=")).toContain('--count: "" is not a count');
});

test("a value that does not read says what would", () => {
  expect(refusal("x", "--count", "5m")).toBe('--count: "5m" is not a count such as 500, 200k or 5M');
  expect(refusal("x", "--depth", "101")).toBe('--depth: "101" is not a whole number from 1 to 100');
  expect(refusal("x", "--on-error", "stp")).toBe(
    '--on-error: "stp" is not one of stop, skip, count; did you mean stop?',
  );
});

test("a toggle takes no value and can be negated", () => {
  expect(refusal("x", "--hash=yes")).toBe("--hash takes no value");
  expect(parseArguments(sample, ["x", "--no-hash"]).given.get("hash")).toEqual([false]);
  expect(refusal("x", "--no-count")).toContain("hftz replay has no option --no-count");
});

test("a flag given twice is refused unless it repeats", () => {
  expect(refusal("x", "--count", "1", "--count", "2")).toBe("--count is given twice");
  expect(parseArguments(sample, ["x", "--symbol", "A", "--symbol", "B"]).given.get("symbol")).toEqual(["A", "B"]);
});

test("operands are counted and checked", () => {
  expect(refusal()).toBe("INPUT is missing: what to read");
  expect(refusal("")).toBe("INPUT is empty");
  expect(refusal("x", "thee")).toBe('SECOND "thee" is not one of one, two');
  expect(refusal("x", "tow")).toBe('SECOND "tow" is not one of one, two; did you mean two?');
  expect(refusal("x", "one", "three")).toBe('"three" is one argument too many');
});

test("a dash is an operand, and what follows two dashes is never a flag", () => {
  expect(parseArguments(sample, ["-"]).operands).toEqual(["-"]);
  expect(parseArguments(sample, ["--", "--hash"]).operands).toEqual(["--hash"]);
});

test("a dash is also a value", () => {
  expect(parseArguments(sample, ["x", "--verify", "-"]).given.get("verify")).toEqual(["-"]);
});

test("help is asked for before two dashes only", () => {
  expect(asksForHelp(["x", "-h"])).toBe(true);
  expect(asksForHelp(["x", "--", "--help"])).toBe(false);
});
