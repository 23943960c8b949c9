// What outlives the page: windows, drafts and letters in this tab, under the member's id; settings and windows with the server.

import { decode, encode, isObject, text } from "../../client/index.ts";
import type { Model } from "../model.ts";
import { WINDOWS, draftsOf, isKey, kept, windowsOf, windowsText } from "../settings.ts";
import type { Settings, Show, State } from "../state.ts";
import type { Letter } from "./outbox.ts";

const SAVES_AFTER_MS = 1_500;

export class Keeping {
  #user: string | null = null;
  /** Letters wait until it is known that they are of the member who is here now. */
  #letters: readonly Letter[] = [];
  #unsaved: Record<string, unknown> = {};
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isReady = false;

  constructor(
    private readonly model: Model,
    private readonly name: string,
  ) {}

  /** It is known for whom the page is: what they left here is there again. */
  user(id: string | null): void {
    this.#user ??= id;
    const value = decode(this.model.platform.session.get(this.name));
    if (this.#isReady || !isObject(value)) return void (this.#isReady = true);
    const of = text(value.user);
    if (of === "" || (id !== of && !(id === "vid:" && of.startsWith(id)))) return void (this.#isReady = true);
    this.model.dispatch({ type: "resumed" });
    for (const { key, isMinimised } of windowsOf(value.windows)) {
      this.model.dispatch({ type: "open", key });
      if (isMinimised) this.model.dispatch({ type: "minimise", key, isMinimised });
    }
    for (const [key, draft] of draftsOf(value.drafts)) this.model.dispatch({ type: "draft", key, draft });
    this.#letters = lettersOf(value.letters);
    this.#user = of;
    this.#isReady = true;
  }

  /** The server has said who is here. */
  online(): void {
    const id = this.model.get().me?.id ?? null;
    const letters = this.#letters;
    this.#letters = [];
    if (this.#user === id) this.model.outbox.resume(letters);
    this.#user = id;
    this.keep();
  }

  /** Keeps what must not be lost, at once. */
  keep(): void {
    if (!this.#isReady) return;
    const { windows, conversations, me } = this.model.get();
    const user = me?.id ?? this.#user;
    if (user === null) return;
    const drafts: Record<string, string> = {};
    for (const [key, { draft }] of conversations) if (draft !== "") drafts[key] = draft;
    const letters = [...this.#letters, ...this.model.outbox.letters];
    this.model.platform.session.set(this.name, encode({ user, windows: windowsText(windows), drafts, letters }));
  }

  /** What the member chose to be seen as, for when they come again. */
  mood(show: Show): void {
    const { me } = this.model.get();
    if (me !== null) this.model.platform.local.set(`${this.name}:${me.id}:show`, show === "available" ? null : show);
  }

  get wish(): string | undefined {
    return this.#user === null ? undefined : (this.model.platform.local.get(`${this.name}:${this.#user}:show`) ?? undefined);
  }

  /** Forgets everything that is kept here. */
  forget(): void {
    this.#isReady = false;
    this.model.platform.session.set(this.name, null);
  }

  check(before: State): void {
    const { windows, conversations, me } = this.model.get();
    if (windows !== before.windows || conversations !== before.conversations || me !== before.me) this.keep();
    if (windows === before.windows || !this.model.client.isLeader || !this.model.core.hasSettings) return;
    this.#save({ [WINDOWS]: windowsText(windows) });
  }

  setting(settings: Partial<Settings>): void {
    this.#save(kept(settings));
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #save(values: Record<string, unknown>): void {
    this.#unsaved = { ...this.#unsaved, ...values };
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#send(), SAVES_AFTER_MS);
  }

  async #send(): Promise<void> {
    const values = this.#unsaved;
    this.#unsaved = {};
    try {
      await this.model.client.call("setting", { data: encode(values) }, true);
    } catch {
      // Kept for the next change; a setting that is lost with the page is no loss.
      this.#unsaved = { ...values, ...this.#unsaved };
    }
  }
}

function lettersOf(value: unknown): readonly Letter[] {
  if (!Array.isArray(value)) return [];
  return value.filter((letter): letter is Letter => isObject(letter) && isKey(letter.key) && text(letter.cid) !== "" && text(letter.body) !== "");
}
