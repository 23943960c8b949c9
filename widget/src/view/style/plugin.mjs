// For builds with esbuild: style sheets are imported as minified text, to be put into constructed style sheets.
import { readFile } from "node:fs/promises";
import { transform } from "esbuild";

/** An esbuild plugin. */
export const minifiedCss = {
  name: "minified-css",
  setup(build) {
    build.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, "utf8"), { loader: "css", minify: true });
      return { contents: code.trim(), loader: "text" };
    });
  },
};
