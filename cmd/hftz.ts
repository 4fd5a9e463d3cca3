/** The entry. What `--version` needs is all that loads before a command is known. */

import { commands } from "./commands.ts";
import { EXIT } from "../core/cli/exit.ts";
import { writeOut } from "../core/cli/output.ts";
import { versionLine } from "../core/cli/version.ts";

const args = process.argv.slice(2);

if (args.length === 1 && (args[0] === "--version" || args[0] === "-V")) {
  try {
    writeOut(`${versionLine()}\n`);
  } catch {
    process.exitCode = EXIT.failed;
  }
} else {
  const { main } = await import("../core/cli/main.ts");
  process.exitCode = await main(args, commands);
}
