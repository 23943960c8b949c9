// Builds the widget: `node build.mjs OUT [--version VERSION] [--size]`. OUT gets the loader, the bar, both also compressed, and
// `manifest.json`, which says of each file its hash and size. What the site's pages load must not grow past the bounds below.

import { build } from "esbuild";
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { minifiedCss } from "./src/view/style/plugin.mjs";

/** Bytes by gzip. */
const LOADER_MAX = 5 * 1024;
const ALL_MAX = 60 * 1024;

const here = dirname(fileURLToPath(import.meta.url));
const { out, version, showsSizes } = await readArguments(process.argv.slice(2));

async function readArguments(words) {
  const at = words.indexOf("--version");
  const given = at < 0 ? undefined : words.splice(at, 2)[1];
  const showsSizes = words.includes("--size");
  const out = words.find((word) => !word.startsWith("--"));
  if (out === undefined) throw new Error("usage: node build.mjs OUT [--version VERSION] [--size]");
  const own = JSON.parse(await readFile(join(here, "package.json"), "utf8")).version;
  return { out, version: given ?? process.env.NEXTIM_VERSION ?? own, showsSizes };
}

async function bundle(entry, define = {}) {
  const built = await build({
    entryPoints: [join(here, "src/host", entry)],
    bundle: true,
    write: false,
    format: "iife",
    target: "es2022",
    // A page may be of any encoding, and includes the script as its own.
    charset: "ascii",
    minify: true,
    jsx: "automatic",
    jsxImportSource: "preact",
    legalComments: "none",
    metafile: true,
    define,
    plugins: [minifiedCss],
    absWorkingDir: here,
    logLevel: "warning",
  });
  if (showsSizes) printSizes(built.metafile);
  return Buffer.from(built.outputFiles[0].contents);
}

/** Which folder of the source makes how much of a bundle, before compression. */
function printSizes({ outputs }) {
  const folders = new Map();
  for (const { inputs } of Object.values(outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(inputs)) {
      const folder = path.split("/").slice(0, 2).join("/");
      folders.set(folder, (folders.get(folder) ?? 0) + bytesInOutput);
    }
  }
  for (const [folder, bytes] of folders) console.log(`  ${String(bytes).padStart(7)}  ${folder}`);
}

function described(file, path, bytes) {
  const sri = `sha384-${createHash("sha384").update(bytes).digest("base64")}`;
  return { file, path, sri, bytes: bytes.length, gzip: gzipSync(bytes, { level: 9 }).length };
}

async function write(file, bytes) {
  const best = { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } };
  await writeFile(join(out, file), bytes);
  await writeFile(join(out, `${file}.gz`), gzipSync(bytes, { level: 9 }));
  await writeFile(join(out, `${file}.br`), brotliCompressSync(bytes, best));
}

const bar = await bundle("bar.ts");
const barFile = `bar.${createHash("sha256").update(bar).digest("hex").slice(0, 12)}.js`;
const barPath = `widget/${version}/${barFile}`;
const barEntry = described(barFile, barPath, bar);
const loader = await bundle("loader.ts", { BAR: JSON.stringify({ path: barPath, integrity: barEntry.sri }) });
const loaderEntry = described("nextim.js", "nextim.js", loader);

const all = loaderEntry.gzip + barEntry.gzip;
if (loaderEntry.gzip > LOADER_MAX) throw new Error(`the loader has ${loaderEntry.gzip} bytes by gzip; at most ${LOADER_MAX}`);
if (all > ALL_MAX) throw new Error(`everything has ${all} bytes by gzip; at most ${ALL_MAX}`);
if ([...loader, ...bar].some((byte) => byte > 127)) throw new Error("a bundle is not plain ASCII");

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
await write("nextim.js", loader);
await write(barFile, bar);
await writeFile(join(out, "manifest.json"), `${JSON.stringify({ version, files: [loaderEntry, barEntry] }, null, 2)}\n`);
console.log(`nextim.js ${loaderEntry.gzip} B, ${barFile} ${barEntry.gzip} B, together ${all} B by gzip`);
