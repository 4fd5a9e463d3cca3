import { expect, test } from "bun:test";
import { readCpus, type VeloxFlags, veloxConfig } from "../../../core/lab/velox.ts";

const none: VeloxFlags = {
  rate: undefined,
  duration: undefined,
  maxBundle: undefined,
  window: undefined,
  ring: [],
  topology: undefined,
  idle: undefined,
  cpus: undefined,
  burst: undefined,
  chaos: undefined,
  seed: undefined,
  shm: undefined,
  ingressOnly: false,
  downstreamOnly: false,
};

test("without a flag of the pipeline there is no configuration of it", () => {
  expect(veloxConfig(none)).toBeUndefined();
});

test("processors, rings and bursts are read as written", () => {
  expect(readCpus("2-5,7")).toEqual([2, 3, 4, 5, 7]);
  const config = veloxConfig({ ...none, ring: ["1k", "4096", "8192"], burst: "10x,1ms/100ms" });
  expect(config).toMatchObject({ rings: [1000, 4096, 8192], burst: { factor: 10, lengthNs: 1e6, everyNs: 1e8 } });
});

test("half a pipeline says which half it is and what joins it to the other", () => {
  const config = veloxConfig({ ...none, shm: "lab", downstreamOnly: true, ring: ["1024"] });
  expect(config).toMatchObject({ rings: [1024], half: { role: "downstream", shm: "lab" } });
});

test.each([
  [{ cpus: "5-2" }, "list of processors"],
  [{ cpus: "a" }, "list of processors"],
  [{ ring: ["many"] }, "number of items"],
  [{ burst: "10x" }, "FACTORx"],
  [{ seed: "18446744073709551615" }, "at most"],
  [{ shm: "lab" }, "give one --ingress-only"],
  [{ ingressOnly: true }, "--ingress-only needs --shm NAME"],
  [{ downstreamOnly: true }, "--downstream-only needs --shm NAME"],
  [{ shm: "lab", ingressOnly: true, downstreamOnly: true }, "two processes"],
  [{ shm: "lab", ingressOnly: true, window: 5 }, "--window is a setting of the downstream half"],
  [{ shm: "lab", downstreamOnly: true, rate: 5 }, "--rate is a setting of the ingress half"],
])("%j is refused with one clear line", (flags, text) => {
  expect(() => veloxConfig({ ...none, ...flags })).toThrow(text);
});
