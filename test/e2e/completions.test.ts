/** The completion scripts, sourced and asked in the shells they are for. */

import { beforeAll, expect, test } from "bun:test";
import { shell } from "../support/product.ts";

const installed = new Map<string, boolean>();

beforeAll(async () => {
  for (const name of ["bash", "zsh", "fish"]) {
    installed.set(name, (await shell(`command -v ${name}`)).status === 0);
    if (!installed.get(name)) process.stderr.write(`not tested: completions of ${name}, which is not installed\n`);
  }
});

/** Words that bash offers for the line `words`, the last of which is being typed. */
async function bashOffers(...words: string[]): Promise<string[]> {
  const script = `eval "$(hftz completions bash)"
    COMP_WORDS=(${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length - 1}
    _hftz; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { status, out, err } = await shell(script);
  expect({ status, err }).toEqual({ status: 0, err: "" });
  return out.trim().split("\n");
}

test("bash offers commands, options, choices and files", async () => {
  expect(await bashOffers("hftz", "re")).toEqual(["replay"]);
  expect(await bashOffers("hftz", "replay", "--on")).toEqual(["--on-error"]);
  expect(await bashOffers("hftz", "replay", "--on-error", "s")).toEqual(["stop", "skip"]);
  expect(await bashOffers("hftz", "completions", "")).toEqual(["bash", "zsh", "fish"]);
  expect(await bashOffers("hftz", "replay", "/etc/host")).toContain("/etc/hosts");
  expect(await bashOffers("hftz", "replay", "--to", "/etc/host")).toContain("/etc/hosts");
  expect(await bashOffers("hftz", "match", "--reports", "/etc/host")).toContain("/etc/hosts");
});

test("fish offers commands, options and choices", async () => {
  if (!installed.get("fish")) return;
  const offers = async (line: string): Promise<string[]> => {
    const { status, out, err } = await shell(
      `fish --no-config -c 'hftz completions fish | source; complete -C "${line}"'`,
    );
    expect({ status, err }).toEqual({ status: 0, err: "" });
    return out
      .trim()
      .split("\n")
      .map((row) => row.split("\t")[0]!);
  };
  expect(await offers("hftz re")).toContain("replay");
  expect(await offers("hftz replay --on")).toEqual(["--on-error"]);
  expect(await offers("hftz replay --on-error s")).toEqual(["skip", "stop"]);
  expect(await offers("hftz completions z")).toContain("zsh");
});

test("zsh loads its script and offers options", async () => {
  if (!installed.get("zsh")) return;
  // The completion system only works inside the line editor, so a pseudo-terminal types a line and a Tab.
  const script = `zmodload zsh/zpty
    zpty -b shell zsh -f -i
    zpty -w shell 'PS1=; unsetopt zle_bracketed_paste 2>/dev/null; autoload -U compinit; compinit -u -D; eval "$(hftz completions zsh)"; print READY'
    zpty -r -m shell ignored '*READY*'
    zpty -w -n shell $'hftz replay --on-er\\t'
    zpty -r -m shell answer '*--on-error*' && print FOUND`;
  const { out } = await shell(`timeout 20 zsh -f -c ${quoted(script)}`);
  expect(out).toContain("FOUND");
});

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
