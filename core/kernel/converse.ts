/** The serial port of a running kernel on the user's own terminal, or at the end of a pipe. */

import { writeOut } from "../cli/output.ts";
import { isTerminal } from "../cli/terminal.ts";
import { LineSplitter } from "./protocol.ts";

/** The kernel listens from this line on; what is typed before it reaches a port that nobody has set up. */
const READY = "@info shell=ready";

/** QEMU itself has the terminal and sets it up; a script's input waits until the kernel listens. */
export function converse(qemu: string, args: readonly string[]): Bun.Subprocess {
  if (isTerminal(0)) return Bun.spawn([qemu, ...args], { stdin: "inherit", stdout: "inherit", stderr: "inherit" });
  const child = Bun.spawn([qemu, ...args], { stdin: "pipe", stdout: "pipe", stderr: "inherit" });
  void relay(child);
  return child;
}

async function relay(child: Bun.Subprocess<"pipe", "pipe", "inherit">): Promise<void> {
  const decoder = new TextDecoder();
  const splitter = new LineSplitter();
  let isReady = false;
  for await (const bytes of child.stdout) {
    writeOut(decoder.decode(bytes, { stream: true }).replaceAll("\r", ""));
    if (isReady || !splitter.push(bytes).includes(READY)) continue;
    isReady = true;
    void type(child.stdin);
  }
}

/** A pipe that ends without `exit` ends the conversation: its last line is ended, then the kernel gets the byte of Ctrl-D. */
async function type(port: Bun.FileSink): Promise<void> {
  for await (const bytes of Bun.stdin.stream()) {
    port.write(bytes);
    await port.flush();
  }
  port.write(Uint8Array.of(0x0a, 4));
  await port.flush();
}
