/** All checks, area by area. */

import { type Check, type Finding, Host } from "./host.ts";
import { kernelBypass, network, storage } from "./io.ts";
import { kernel } from "./kernel.ts";
import { memory } from "./memory.ts";
import { processor } from "./processor.ts";

const AREAS: readonly (readonly [string, readonly Check[]])[] = [
  ["processor", processor],
  ["memory", memory],
  ["kernel", kernel],
  ["network", network],
  ["storage", storage],
  ["kernel bypass", kernelBypass],
];

export function examine(host: Host = new Host()): readonly Finding[] {
  return AREAS.flatMap(([area, checks]) =>
    checks.flatMap((check) => check(host).map((finding) => Object.assign({ area }, finding))),
  );
}
