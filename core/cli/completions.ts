/** Completion scripts for bash, zsh and fish, generated from the flag records: what is not parsed is not offered. */

import type { Command } from "./command.ts";
import { type Flag, flagName, isToggle } from "./flags.ts";

export const SHELLS = ["bash", "zsh", "fish"] as const;
export type Shell = (typeof SHELLS)[number];

interface Option {
  readonly name: string;
  readonly flag: Flag;
}

export function completionScript(shell: Shell, commands: readonly Command[]): string {
  return { bash: bashScript, zsh: zshScript, fish: fishScript }[shell](commands);
}

const COMMON: readonly Option[] = [
  {
    name: "config",
    flag: { summary: "settings from this file", placeholder: "FILE", expects: "", read: String, completesFiles: true },
  },
  { name: "help", flag: { summary: "help", placeholder: "", expects: "", read: String } },
];

function optionsOf(command: Command): Option[] {
  return [...Object.entries(command.flags).map(([key, flag]) => ({ name: flagName(key), flag })), ...COMMON];
}

function operandChoices(command: Command): readonly string[] {
  return command.operands.flatMap(({ choices }) => choices ?? []);
}

function takesFiles(command: Command): boolean {
  return command.operands.some(({ completesFiles }) => completesFiles === true);
}

function bashScript(commands: readonly Command[]): string {
  const cases = commands.map((command) => {
    const options = optionsOf(command);
    const valued = options.filter(({ flag }) => !isToggle(flag));
    const values = valued.map(({ name, flag }) => {
      const words =
        flag.choices === undefined
          ? flag.completesFiles === true
            ? `COMPREPLY=($(compgen -f -- "$cur"))`
            : ":"
          : bashWords(flag.choices);
      return `        --${name}) ${words}; return ;;`;
    });
    const operands = takesFiles(command) ? `COMPREPLY=($(compgen -f -- "$cur"))` : bashWords(operandChoices(command));
    return [
      `    ${command.name})`,
      `      case $prev in`,
      ...values,
      `      esac`,
      `      if [[ $cur == -* ]]; then ${bashWords(options.map(({ name }) => `--${name}`))}; else ${operands}; fi ;;`,
    ].join("\n");
  });
  return `# bash completion of hftz: eval "$(hftz completions bash)"
_hftz() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}
  COMPREPLY=()
  compopt -o filenames 2>/dev/null
  if ((COMP_CWORD == 1)); then
    ${bashWords([...commands.map(({ name }) => name), "--help", "--version"])}
    return
  fi
  case \${COMP_WORDS[1]} in
${cases.join("\n")}
  esac
}
complete -F _hftz hftz
`;
}

function bashWords(words: readonly string[]): string {
  return words.length === 0 ? ":" : `COMPREPLY=($(compgen -W "${words.join(" ")}" -- "$cur"))`;
}

function zshScript(commands: readonly Command[]): string {
  const list = commands.map(({ name, summary }) => `    ${quoted(`${name}:${summary}`)}`);
  const cases = commands.map((command) => {
    const specs = optionsOf(command).map(({ name, flag }) => quoted(zshSpec(name, flag)));
    if (takesFiles(command)) specs.push(quoted("*:input:_files"));
    else if (operandChoices(command).length > 0)
      specs.push(
        quoted(
          `${command.operands.some(({ repeats }) => repeats) ? "*" : "1"}:argument:(${operandChoices(command).join(" ")})`,
        ),
      );
    return `    ${command.name})\n      _arguments -s \\\n        ${specs.join(" \\\n        ")} ;;`;
  });
  return `#compdef hftz
# zsh completion of hftz: eval "$(hftz completions zsh)" after compinit
_hftz() {
  local -a commands
  commands=(
${list.join("\n")}
  )
  if ((CURRENT == 2)); then
    _describe command commands
    return
  fi
  local command=$words[2]
  shift words
  ((CURRENT--))
  case $command in
${cases.join("\n")}
  esac
}
compdef _hftz hftz
`;
}

function zshSpec(name: string, flag: Flag): string {
  const about = `[${flag.summary.replaceAll(/([[\]\\:])/g, "\\$1")}]`;
  const star = flag.repeats === true ? "*" : "";
  if (isToggle(flag)) return `${star}--${name}${about}`;
  const action =
    flag.choices === undefined ? (flag.completesFiles === true ? "_files" : " ") : `(${flag.choices.join(" ")})`;
  return `${star}--${name}${about}:${flag.placeholder.replaceAll(":", " ")}:${action}`;
}

function fishScript(commands: readonly Command[]): string {
  const lines = ["# fish completion of hftz: hftz completions fish | source", "complete -c hftz -f"];
  for (const { name, summary } of commands)
    lines.push(`complete -c hftz -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`);
  for (const command of commands) {
    const when = `complete -c hftz -n ${quoted(`__fish_seen_subcommand_from ${command.name}`)}`;
    if (takesFiles(command)) lines.push(`${when} -F`);
    for (const choice of operandChoices(command)) lines.push(`${when} -a ${choice}`);
    for (const { name, flag } of optionsOf(command)) {
      const value = isToggle(flag)
        ? ""
        : flag.choices === undefined
          ? flag.completesFiles === true
            ? " -r -F"
            : " -x"
          : ` -x -a ${quoted(flag.choices.join(" "))}`;
      lines.push(`${when} -l ${name}${value} -d ${quoted(flag.summary)}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

/** In single quotes for a shell; fish and POSIX shells agree on this form when the text holds none itself. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "’")}'`;
}
