/** Why a file cannot be read, in a user's words. */

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  ENOTDIR: "no such file",
  EISDIR: "it is a directory",
  EACCES: "permission denied",
};

/** The system's name of what went wrong, such as `ENOENT`; the message of an error that is not the system's. */
export function codeOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return "code" in cause ? String(cause.code) : cause.message;
}

export function reasonOf(cause: unknown): string {
  const code = codeOf(cause);
  return REASONS[code] ?? code;
}
