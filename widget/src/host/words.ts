// The words of each language are a file of their own, and a page fetches those that it speaks. The build has `locale/` import `wordsOf`
// in place of its dictionaries.

type Words = Record<string, unknown>;

/** Where the words of a language are, below the loader, and their hash; the build knows them. */
declare const WORDS: Readonly<Record<string, { readonly path: string; readonly integrity: string }>>;

const AGAIN_AFTER_MS = 5_000;

const languages = new Map<string, Words>();

/** The words of a language: empty, until they are fetched. */
export function wordsOf(language: string): Words {
  const words: Words = {};
  languages.set(language, words);
  return words;
}

/** Fetches the words of a language, however often it takes: a bar without words is of no use. */
export async function loadWords(language: string, folder: string): Promise<void> {
  const words = languages.get(language);
  const file = WORDS[language];
  if (words === undefined || file === undefined || Object.keys(words).length > 0) return;
  try {
    const response = await fetch(`${folder}/${file.path}`, { integrity: file.integrity, credentials: "omit" });
    Object.assign(words, await response.json());
  } catch {
    await new Promise((again) => setTimeout(again, AGAIN_AFTER_MS));
    return loadWords(language, folder);
  }
  // Whoever changes the language reads the former one until the other is there.
  for (const others of languages.values()) if (Object.keys(others).length === 0) Object.setPrototypeOf(others, words);
}
