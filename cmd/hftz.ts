/** The entry. What `--version` needs is all that loads before a command is known. */

import { commands } from "./commands.ts";
import { printVersion } from "../core/cli/version.ts";

const args = process.argv.slice(2);

if (args.length === 1 && (args[0] === "--version" || args[0] === "-V")) {
  process.exitCode = await printVersion();
} else {
  const { main } = await import("../core/cli/main.ts");
  process.exitCode = await main(args, commands);
}
