/** What esbuild makes of files that are not code: svg as its text, the rest as an address. */
declare module "*.svg" {
  const text: string;
  export default text;
}
declare module "*.css";
