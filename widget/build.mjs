// Builds the widget: `node build.mjs OUT [--version VERSION] [--size]`. OUT gets the loader, the bar, both also compressed, and
// `manifest.json`, which says of each file its hash and size. What the site's pages load must not grow past the bounds below.

import { build } from "esbuild";
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { minifiedCss } from "./src/view/style/plugin.mjs";

/** Bytes by gzip. All: the loader, the bar and the words of one language, which is what a page loads. */
const LOADER_MAX = 5 * 1024;
const ALL_MAX = 60 * 1024;
/** These words are in the bar; those of every other language are a file of their own. */
const BUILT_IN = "en";

const separateWords = {
  // Has `locale/` take the words of other languages from where they come later.
  name: "separate-words",
  setup({ onLoad }) {
    onLoad({ filter: /\/locale\/[\w-]+\.json$/ }, ({ path }) => {
      const language = basename(path, ".json");
      if (language === BUILT_IN) return undefined;
      const words = JSON.stringify(join(here, "src/host/words.ts"));
      const contents = [
        `import english from "./${BUILT_IN}.json";`,
        `import { wordsOf } from ${words};`,
        `export default wordsOf(${JSON.stringify(language)}, english);`,
      ];
      return { contents: contents.join("\n"), loader: "ts", resolveDir: dirname(path) };
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

/** The words of each language that is not built in, as they are served. */
async function wordFiles() {
  const folder = join(here, "src/locale");
  const files = (await readdir(folder)).filter((file) => file.endsWith(".json") && file !== `${BUILT_IN}.json`);
  const read = async (file) => {
    const language = basename(file, ".json");
    const bytes = Buffer.from(JSON.stringify(JSON.parse(await readFile(join(folder, file), "utf8"))));
    return { language, bytes, entry: hashed(`words.${language}`, "json", bytes) };
  };
  return Promise.all(files.sort().map(read));
}

function hashed(name, extension, bytes) {
  const file = `${name}.${createHash("sha256").update(bytes).digest("hex").slice(0, 12)}.${extension}`;
  return described(file, `widget/${version}/${file}`, bytes);
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

const place = ({ path, sri }) => ({ path, integrity: sri });
const words = await wordFiles();
const wordPlaces = Object.fromEntries(words.map(({ language, entry }) => [language, place(entry)]));
const bar = await bundle("bar.ts", { WORDS: JSON.stringify(wordPlaces) });
const barEntry = hashed("bar", "js", bar);
const loader = await bundle("loader.ts", { BAR: JSON.stringify(place(barEntry)) });
const loaderEntry = described("nextim.js", "nextim.js", loader);

const mostWords = Math.max(0, ...words.map(({ entry }) => entry.gzip));
const all = loaderEntry.gzip + barEntry.gzip + mostWords;
if (loaderEntry.gzip > LOADER_MAX) throw new Error(`the loader has ${loaderEntry.gzip} bytes by gzip; at most ${LOADER_MAX}`);
if (all > ALL_MAX) throw new Error(`everything has ${all} bytes by gzip; at most ${ALL_MAX}`);
if ([...loader, ...bar].some((byte) => byte > 127)) throw new Error("a bundle is not plain ASCII");

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
await write("nextim.js", loader);
await write(barEntry.file, bar);
for (const { entry, bytes } of words) await write(entry.file, bytes);
const files = [loaderEntry, barEntry, ...words.map(({ entry }) => entry)];
await writeFile(join(out, "manifest.json"), `${JSON.stringify({ version, files }, null, 2)}\n`);
console.log(`by gzip: nextim.js ${loaderEntry.gzip} B, ${barEntry.file} ${barEntry.gzip} B, words ${mostWords} B; together ${all} B`);
