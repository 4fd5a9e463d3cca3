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

/** Text that goes into the HTML report as it is. */
declare module "uplot/dist/uPlot.iife.min.js" {
  const text: string;
  export default text;
}
declare module "*.css" {
  const text: string;
  export default text;
}
