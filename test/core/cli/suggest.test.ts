import { expect, test } from "bun:test";
import fc from "fast-check";
import { editDistance, nearest } from "../../../core/cli/suggest.ts";

test("a swapped pair, a missing and an extra letter are each one edit", () => {
  expect(editDistance("replay", "repaly")).toBe(1);
  expect(editDistance("replay", "relay")).toBe(1);
  expect(editDistance("replay", "repplay")).toBe(1);
  expect(editDistance("", "abc")).toBe(3);
});

test("the distance is symmetric and zero only for equal words", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, b) === 0).toBe(a === b);
    }),
  );
});

test("a near word is found, a far one is not", () => {
  expect(nearest("feedegn", ["replay", "feedgen"])).toBe("feedgen");
  expect(nearest("comp", ["replay", "completions"])).toBe("completions");
  expect(nearest("xyz", ["replay", "feedgen"])).toBeUndefined();
});
