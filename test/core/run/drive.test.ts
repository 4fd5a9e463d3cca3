import { expect, test } from "bun:test";
import { pauseMs } from "../../../core/run/drive.ts";

test("a run that does not say how much it has left is looked at within a fiftieth of its time", () => {
  expect(pauseMs(500e6)).toBe(10);
  expect(pauseMs(0)).toBe(1);
  expect(pauseMs(3600e9)).toBe(100);
});

test("half of what is left of a run is the longest time to look away from it", () => {
  expect(pauseMs(900e6, 0.5)).toBeCloseTo(18);
  expect(pauseMs(990e6, 0.99)).toBeCloseTo(5);
  expect(pauseMs(1000e6, 1)).toBe(1);
});

test("the end of a run that takes a second is seen within two milliseconds", () => {
  const lengthNs = 1e9;
  let [nowNs, looks] = [0, 0];
  while (nowNs < lengthNs) {
    nowNs += pauseMs(nowNs, nowNs / lengthNs) * 1e6;
    looks += 1;
  }
  expect(nowNs - lengthNs).toBeLessThan(2e6);
  expect(looks).toBeLessThan(300);
});
