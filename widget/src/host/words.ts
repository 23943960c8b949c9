// The words of other languages than English are files of their own, each fetched where it is spoken. Until then, and where it cannot be
// had, English stands in.

type Words = Record<string, unknown>;

/** Where the words of a language are, below the loader, and their hash; the build knows them. */
declare const WORDS: Readonly<Record<string, { readonly path: string; readonly integrity: string }>>;

const languages = new Map<string, Words>();

/** The words of a language, as they are now: what is not there yet is found in `english`. The build has `locale/` import this. */
export function wordsOf(language: string, english: Words): Words {
  const words = Object.create(english) as Words;
  languages.set(language, words);
  return words;
}

/** Fetches the words of a language, if it needs any. Never fails. */
export async function loadWords(language: string, folder: string): Promise<void> {
  const words = languages.get(language);
  const file = WORDS[language];
  if (words === undefined || file === undefined || Object.keys(words).length > 0) return;
  try {
    const { path, integrity } = file;
    const response = await fetch(`${folder}/${path}`, { integrity, credentials: "omit" });
    Object.assign(words, await response.json());
  } catch (error) {
    console.error("NextIM:", error);
  }
}
