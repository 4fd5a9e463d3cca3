/** Where programs are looked for when the environment has no PATH at all: what a shell takes then. */
export const SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
