// Format, lint, types and clippy, all of them, even when one has failed: one run shows everything there is to mend.

import { bun, inRoot, native, root } from "./paths.mjs";
import { run, say } from "./process.mjs";
import { checkNativeTools } from "./tools.mjs";

const CLIPPY = ["clippy", "--workspace", "--all-targets", "--locked", "--quiet", "--", "-D", "warnings"];

export async function runChecks() {
  checkNativeTools();
  const checks = [
    ["format of TypeScript", bun, ["fmt", "--check"], root],
    ["lint", process.execPath, [inRoot("node_modules/oxlint/bin/oxlint")], root],
    ["types", bun, ["check", "--no-script"], root],
    ["format of Rust", "cargo", ["fmt", "--all", "--check"], native],
    ["clippy", "cargo", CLIPPY, native],
  ];
  const failed = [];
  for (const [name, command, args, cwd] of checks) {
    say(`== ${name}`);
    if ((await run(command, args, { cwd })) !== 0) failed.push(name);
  }
  say(failed.length === 0 ? "all checks passed" : `failed: ${failed.join(", ")}`);
  return failed.length === 0 ? 0 : 1;
}
