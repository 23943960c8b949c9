// Builds the gallery and serves it under a strict content security policy: `node gallery/serve.mjs [port]`, then open it in a browser.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { minifiedCss } from "../src/view/style/plugin.mjs";

const HERE = new URL("./", import.meta.url);
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; require-trusted-types-for 'script'; trusted-types 'none'";
const TYPES = { html: "text/html", css: "text/css", js: "text/javascript" };

/** Serves the gallery on `port` of this machine (0: any); gives its address and the way to stop it. */
export async function serveGallery(port = 0) {
  const built = await build({
    entryPoints: [fileURLToPath(new URL("page.ts", HERE))],
    bundle: true,
    format: "iife",
    target: "es2022",
    jsx: "automatic",
    jsxImportSource: "preact",
    minify: true,
    write: false,
    plugins: [minifiedCss],
  });
  const script = built.outputFiles[0].text;
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://localhost");
    const name = pathname === "/" ? "index.html" : pathname.slice(1);
    const text = name === "page.js" ? script : ["index.html", "page.css"].includes(name) ? await readFile(new URL(name, HERE), "utf8") : null;
    const type = `${TYPES[name.split(".").at(-1)] ?? "text/plain"}; charset=utf-8`;
    response.writeHead(text === null ? 404 : 200, { "content-type": type, "content-security-policy": POLICY });
    response.end(text ?? "There is nothing here.\n");
  });
  await new Promise((listening) => server.listen(port, "127.0.0.1", listening));
  return { address: `http://127.0.0.1:${server.address().port}/`, size: script.length, stop: () => server.close() };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { address } = await serveGallery(Number(process.argv[2] ?? 8099));
  console.log(`The gallery is at ${address}?scene=windows`);
}
