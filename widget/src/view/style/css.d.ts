// Style sheets are imported as text (see plugin.mjs).
declare module "*.css" {
  const text: string;
  export default text;
}
