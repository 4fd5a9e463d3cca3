/** From arguments to an exit code: routing by citty, everything strict by this folder. */

import { type CommandDef, defineCommand as defineRoute, runCommand } from "citty";
import type { Command, Entry } from "./command.ts";
import { EXIT } from "./exit.ts";
import { Failure, misuse } from "./failure.ts";
import { commandHelp, rootHelp } from "./help.ts";
import { ReaderGone, writeErr, writeOut } from "./output.ts";
import { asksForHelp } from "./parse.ts";
import { resolveInvocation } from "./resolve.ts";
import { wasClosed } from "./streams.ts";
import { didYouMean } from "./suggest.ts";
import { palette, wantsColor } from "./terminal.ts";
import { printVersion } from "./version.ts";

const OPTIONS = ["--help", "--version"];
const SEE_HELP = "hftz --help lists every command";

/** Runs the command line and returns the exit code; everything a user must know has been written by then. */
export async function main(args: readonly string[], entries: readonly Entry[]): Promise<number> {
  try {
    return await dispatch(args, entries);
  } catch (cause) {
    return report(cause);
  }
}

async function dispatch(args: readonly string[], entries: readonly Entry[]): Promise<number> {
  const [first, ...rest] = args;
  if (first === undefined) {
    writeErr(rootHelp(entries, palette(wantsColor(2))));
    return EXIT.usage;
  }
  if (first === "--help" || first === "-h" || (first === "help" && rest.length === 0)) {
    writeOut(rootHelp(entries, palette(wantsColor(1))));
    return EXIT.done;
  }
  if (first === "help") return dispatch([...rest, "--help"], entries);
  if (first === "--version" || first === "-V") {
    if (rest.length > 0) throw misuse(`"${rest[0]}" is one argument too many`, SEE_HELP);
    return printVersion();
  }
  const names = entries.map((entry) => entry.name);
  if (first === "--") throw misuse("a command comes first, -- behind it: hftz COMMAND [options] -- FILE", SEE_HELP);
  if (first.startsWith("-")) throw misuse(`hftz has no option ${first}${didYouMean(first, OPTIONS)}`, SEE_HELP);
  if (!names.includes(first)) {
    const listed = entries.filter((entry) => entry.hidden !== true).map((entry) => entry.name);
    throw misuse(`hftz has no command "${first}"${didYouMean(first, [...listed, ...OPTIONS])}`, SEE_HELP);
  }
  let status: number = EXIT.done;
  const routes = entries.map(
    (entry) =>
      [
        entry.name,
        async (): Promise<CommandDef> => routeTo(await entry.load(), names, (code) => (status = code)),
      ] as const,
  );
  await runCommand(defineRoute({ meta: { name: "hftz" }, subCommands: Object.fromEntries(routes) }), {
    rawArgs: [...args],
  });
  return status;
}

function routeTo(command: Command, names: readonly string[], ended: (status: number) => void): CommandDef {
  const run = async ({ rawArgs }: { readonly rawArgs: readonly string[] }): Promise<void> => {
    if (asksForHelp(rawArgs)) {
      writeOut(commandHelp(command, palette(wantsColor(1))));
      return;
    }
    if (wasClosed(1))
      throw new Failure("standard output is closed", { hint: "close it with > /dev/null instead of >&-" });
    ended(await command.run(resolveInvocation(command, rawArgs, names, process.env)));
  };
  return defineRoute({ meta: { name: command.name, description: command.summary }, run });
}

async function report(cause: unknown): Promise<number> {
  if (cause instanceof ReaderGone) return cause.exit;
  const { sayError } = await import("./notes.ts");
  if (cause instanceof Failure) {
    sayError(cause.message, cause.hint);
    return cause.exit;
  }
  const trace = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  sayError(`internal error, please report it with the command line: ${trace}`);
  return EXIT.failed;
}
