/** Exit codes of every command; they are part of the product's contract with scripts. */
export const EXIT = {
  done: 0,
  /** The run failed: bad input, no such file, disk full. */
  failed: 1,
  /** Wrong usage: unknown flag, missing value, value that makes no sense. */
  usage: 2,
  /** This machine cannot do it. */
  unavailable: 3,
  /** A check the user asked for found a difference. */
  differs: 4,
  /** Ctrl-C or another polite request to end. */
  interrupted: 130,
  /** The reader of stdout went away. */
  brokenPipe: 141,
} as const;
