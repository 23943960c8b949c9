// Builds the widget: `node build.mjs OUT [--version VERSION] [--size]`. OUT gets the loader, the bar, both also compressed, and
// `manifest.json`, which says of each file its hash and size. What the site's pages load must not grow past the bounds below.

import { gzipAsync } from "@gfx/zopfli"; // gzip as every browser reads it, 4 % smaller than zlib makes it
import { build } from "esbuild";
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants } from "node:zlib";
import { minifiedCss } from "./src/view/style/plugin.mjs";

/** Bytes by gzip. All: the loader, the bar and the words of one language, which is what a page loads. */
const LOADER_MAX = 5 * 1024;
const ALL_MAX = 60 * 1024;

const separateWords = {
  // Has `locale/` take its words from where they come later.
  name: "separate-words",
  setup({ onLoad }) {
    onLoad({ filter: /\/locale\/[\w-]+\.json$/ }, ({ path }) => {
      const language = basename(path, ".json");
      const contents = `import { wordsOf } from ${JSON.stringify(join(here, "src/host/words.ts"))};
        export default wordsOf(${JSON.stringify(language)});`;
      return { contents, loader: "ts", resolveDir: dirname(path) };
    });
  },
};

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
    plugins: [minifiedCss, separateWords],
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

/** The words of each language, as they are served. */
async function wordFiles() {
  const folder = join(here, "src/locale");
  const files = (await readdir(folder)).filter((file) => file.endsWith(".json"));
  const read = async (file) => {
    const language = basename(file, ".json");
    const bytes = Buffer.from(JSON.stringify(JSON.parse(await readFile(join(folder, file), "utf8"))));
    return { language, ...(await hashed(`words.${language}`, "json", bytes)) };
  };
  return Promise.all(files.sort().map(read));
}

async function hashed(name, extension, bytes) {
  const file = `${name}.${createHash("sha256").update(bytes).digest("hex").slice(0, 12)}.${extension}`;
  return described(file, `widget/${version}/${file}`, bytes);
}

/** A file to be written, and its line in the manifest. */
async function described(file, path, bytes) {
  const sri = `sha384-${createHash("sha384").update(bytes).digest("base64")}`;
  const gzip = await gzipAsync(bytes, { numiterations: 15 });
  return { bytes, gzip, entry: { file, path, sri, bytes: bytes.length, gzip: gzip.length } };
}

async function write({ bytes, gzip, entry: { file } }) {
  const best = { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } };
  await writeFile(join(out, file), bytes);
  await writeFile(join(out, `${file}.gz`), gzip);
  await writeFile(join(out, `${file}.br`), brotliCompressSync(bytes, best));
}

const place = ({ entry: { path, sri } }) => ({ path, integrity: sri });
const words = await wordFiles();
const wordPlaces = Object.fromEntries(words.map((file) => [file.language, place(file)]));
const bar = await hashed("bar", "js", await bundle("bar.ts", { WORDS: JSON.stringify(wordPlaces) }));
const loader = await described("nextim.js", "nextim.js", await bundle("loader.ts", { BAR: JSON.stringify(place(bar)) }));

const size = ({ entry }) => entry.gzip;
const mostWords = Math.max(...words.map(size));
const all = size(loader) + size(bar) + mostWords;
console.log(`by gzip: ${loader.entry.file} ${size(loader)} B, ${bar.entry.file} ${size(bar)} B, words ${mostWords} B; together ${all} B`);
if (size(loader) > LOADER_MAX) throw new Error(`the loader has ${size(loader)} bytes by gzip; at most ${LOADER_MAX}`);
if (all > ALL_MAX) throw new Error(`a page loads ${all} bytes by gzip; at most ${ALL_MAX}`);
if ([...loader.bytes, ...bar.bytes].some((byte) => byte > 127)) throw new Error("a bundle is not plain ASCII");

const files = [loader, bar, ...words];
await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
for (const file of files) await write(file);
await writeFile(join(out, "manifest.json"), `${JSON.stringify({ version, files: files.map(({ entry }) => entry) }, null, 2)}\n`);
