/** What this build is. The two names are put in by the build (`core/build/binary.mjs`); from source they are absent. */

import { ABI_VERSION } from "../../ffi/abi.ts";

declare const HFTZ_VERSION: string | undefined;
declare const HFTZ_COMMIT: string | undefined;

export const version = typeof HFTZ_VERSION === "string" ? HFTZ_VERSION : "0.0.0-source";
export const commit = typeof HFTZ_COMMIT === "string" ? HFTZ_COMMIT : "source";

export function versionLine(): string {
  return `hftz ${version} (commit ${commit}, Bun ${Bun.version}, ABI ${ABI_VERSION})`;
}
