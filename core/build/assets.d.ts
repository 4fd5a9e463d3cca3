/** The kernel's image, likewise. */
declare module "*.elf" {
  const path: string;
  export default path;
}

/** A native library imported as a file: its path, also inside the compiled executable. */
declare module "*.so" {
  const path: string;
  export default path;
}
