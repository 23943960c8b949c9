// Finds the addresses in a message. Only http, https and mailto become links, and only as text nodes within an anchor.

export type Piece = { readonly text: string; readonly href: string | null };

const ADDRESS = /\bhttps?:\/\/[^\s<>"'`\u3000-\u303f\uff00-\uffef]+|\bmailto:[^\s<>"'`\u3000-\u303f\uff00-\uffef]+|\bwww\.[^\s<>"'`\u3000-\u303f\uff00-\uffef]+\.[^\s<>"'`\u3000-\u303f\uff00-\uffef]+|\b[\w.+-]+@[\w-]+(?:\.[\w-]+)+/giu;

/** The text in order, cut where links begin and end. */
export function piecesOf(body: string): Piece[] {
  const pieces: Piece[] = [];
  let done = 0;
  for (const match of body.matchAll(ADDRESS)) {
    const text = trimmed(match[0]);
    const href = addressOf(text);
    if (href === null) continue;
    if (match.index > done) pieces.push({ text: body.slice(done, match.index), href: null });
    pieces.push({ text, href });
    done = match.index + text.length;
  }
  if (done < body.length) pieces.push({ text: body.slice(done), href: null });
  return pieces;
}

/** Without the punctuation of the sentence around it. */
function trimmed(text: string): string {
  let end = text.length;
  for (; end > 0; end -= 1) {
    const last = text.charAt(end - 1);
    if (".,;:!?*_~".includes(last)) continue;
    const open = last === ")" ? "(" : last === "]" ? "[" : null;
    if (open !== null && count(text.slice(0, end), last) > count(text.slice(0, end), open)) continue;
    break;
  }
  return text.slice(0, end);
}

const count = (text: string, character: string) => text.split(character).length - 1;

function addressOf(text: string): string | null {
  if (/^(https?|mailto):/i.test(text)) return safeAddress(text);
  return safeAddress(text.includes("@") && !/^www\./i.test(text) ? `mailto:${text}` : `https://${text}`);
}

/** The address if it may be followed, resolved against `base`; null for `javascript:` and all else. */
export function safeAddress(text: string, base?: string): string | null {
  try {
    const address = new URL(text, base);
    return /^(https?|mailto):$/.test(address.protocol) ? address.href : null;
  } catch {
    return null;
  }
}

/** The address of a picture, if it is one that may be loaded. */
export function pictureAddress(text: string, base: string): string | null {
  if (text === "") return null;
  const address = safeAddress(text, new URL(base, document.baseURI).href);
  return address?.startsWith("http") ? address : null;
}
