import { EXIT } from "./exit.ts";

/** The one error a user sees: what went wrong, the exit code, and a hint that says what to do about it. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly exit: number;
  readonly hint: string | undefined;

  constructor(message: string, { exit = EXIT.failed, hint }: { exit?: number; hint?: string | undefined } = {}) {
    super(message);
    this.exit = exit;
    this.hint = hint;
  }
}

/** Wrong usage, exit code 2. */
export function misuse(message: string, hint?: string): Failure {
  return new Failure(message, { exit: EXIT.usage, hint });
}
