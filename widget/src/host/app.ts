// One member's chat in this page: the model, the bar, what the page marks, and the commands of `NextIM`.

import { browser } from "../client/index.ts";
import { Model, type Key, type Page, type Settings, type State } from "../model/index.ts";
import { chooseLocale } from "../locale/index.ts";
import { mount } from "../view/mount.ts";
import { chime } from "../view/sound.ts";
import { isSeen, watchPage } from "./activity.ts";
import { Attention, canSound } from "./attention.ts";
import type { Events } from "./events.ts";
import { guarded } from "./guard.ts";
import { Marks } from "./marks.ts";
import type { HostSettings } from "./settings.ts";
import { loadWords } from "./words.ts";

export class App {
  readonly model: Model;
  readonly #attention: Attention;
  readonly #unwatch: () => void;
  readonly #unwatchPage: () => void;
  #marks: Marks | null = null;
  #unmount: () => void = () => undefined;
  #element: HTMLElement | null = null;
  #isOver = false;
  #last: State;

  constructor(
    private readonly settings: HostSettings,
    private readonly folder: string,
    private readonly events: Events,
  ) {
    this.model = new Model(browser(), this.#page(), optionsOf(settings), dressOf(settings));
    this.#last = this.model.get();
    this.#attention = new Attention(this.model);
    this.#unwatch = this.model.subscribe(guarded(() => this.#changed()));
    // Words come while the model signs in.
    void this.#speak().then(guarded(() => this.#show()));
    this.#unwatchPage = watchPage(this.model);
    this.model.start();
  }

  open(): void {
    this.model.commands.setSetting("minimised", false);
    this.model.commands.setPanel("roster");
  }

  close(): void {
    this.model.commands.setPanel("none");
  }

  toggle(): void {
    if (this.model.get().panel === "none") this.open();
    else this.close();
  }

  converse(key: Key): void {
    this.model.commands.open(key);
  }

  /** The site's own choice, for this page; what the member has chosen stays with the server. */
  dress(settings: Partial<Settings>): void {
    this.model.dispatch({ type: "dress", settings });
  }

  /** Nobody is signed in here any more: the session ends, and what was kept for them is forgotten. */
  logout(): void {
    this.model.keeping.forget();
    void this.model.client.signOut(false).catch(() => undefined);
  }

  destroy(): void {
    this.#isOver = true;
    this.#unwatchPage();
    this.#unwatch();
    this.#marks?.stop();
    this.#unmount();
    this.#element?.remove();
    this.model.destroy();
  }

  #show(): void {
    if (this.#isOver) return;
    const { mode } = this.settings;
    if (mode !== "none") {
      this.#element = document.createElement("nextim-bar");
      this.#unmount = this.#mount(this.#element, { mode: mode === "page" ? "page" : "bar" });
      this.#attach();
    }
    this.#marks = new Marks(this.model, { room: (place, id) => this.#room(place, id), changed: () => this.#attach() });
  }

  /** Learns the language that is wished for. */
  async #speak(): Promise<void> {
    const page = document.documentElement;
    const wishes = [this.model.get().settings.language, this.settings.lang, page.lang, ...navigator.languages];
    await loadWords(chooseLocale(wishes).language, this.folder);
  }

  /** Into the page, and again if the page has thrown it out: some exchange their whole body. */
  #attach(): void {
    if (this.#element !== null && !this.#element.isConnected) document.body.append(this.#element);
  }

  #mount(element: HTMLElement, how: { mode: "bar" | "inline" | "page"; only?: Key }): () => void {
    const { lang, texts } = this.settings;
    const root = element.shadowRoot ?? element.attachShadow({ mode: "open" });
    return mount(root, this.model, { locale: lang, base: document.baseURI, ...how, ...(texts === undefined ? {} : { texts }) });
  }

  #room(place: HTMLElement, id: string): () => void {
    const element = document.createElement("nextim-room");
    place.append(element);
    const unmount = this.#mount(element, { mode: "inline", only: `r:${id}` });
    return () => {
      unmount();
      element.remove();
    };
  }

  #changed(): void {
    const before = this.#last;
    const now = (this.#last = this.model.get());
    if (before.me === null && now.me !== null) this.events.emit("ready", { user: { id: now.me.id, name: now.me.name, isGuest: now.me.isGuest } });
    if (before.unread !== now.unread) this.events.emit("unread", { count: now.unread });
    if (!before.settings.desktop && now.settings.desktop) void this.#attention.permit();
    if (before.settings.language !== now.settings.language) void this.#speak().then(() => this.dress({}));
    if (before.link !== now.link && now.link.state === "refused") this.events.emit("error", { code: now.link.code });
    if (before.people === now.people) return;
    for (const [id, { show }] of now.people) {
      if (before.people.get(id)?.show !== show) this.events.emit("presence", { user: id, show });
    }
  }

  #page(): Page {
    return {
      isSeen,
      canSound,
      save,
      schedule,
      sound: () => chime("message"),
      failed: (code) => {
        if (this.model.get().me === null) console.warn(`NextIM: ${code}. Is the server there, and this page's origin listed (origins)?`);
        this.events.emit("error", { code });
      },
      arrived: (key, message) => {
        this.#attention.arrived(key, message);
        const { from, fromName, body, at, seq } = message;
        const room = key.startsWith("r:") ? { room: key.slice(2) } : {};
        this.events.emit("message", { from, name: fromName, body, at, seq, ...room });
      },
    };
  }
}

function optionsOf(settings: HostSettings): ConstructorParameters<typeof Model>[2] {
  const { server, site, token, tokenUrl, signIn, user } = settings;
  return {
    server,
    site,
    ...(token === undefined ? {} : { token }),
    ...(tokenUrl === undefined ? {} : { tokenUrl }),
    ...(signIn === "cookie" ? { byCookie: true } : {}),
    ...(user === undefined ? {} : { user }),
  };
}

function dressOf({ theme }: HostSettings): Partial<Settings> {
  return theme === "light" || theme === "dark" ? { theme } : {};
}

/** Pages that are not seen draw nothing, and are kept up to date all the same. */
const UNDRAWN_MS = 250;

/** Calls once, before the next picture is drawn, or soon where none is. */
function schedule(change: () => void): void {
  const once = guarded(() => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
    change();
  });
  const frame = requestAnimationFrame(once);
  const timer = setTimeout(once, document.visibilityState === "visible" ? UNDRAWN_MS : 0);
}

/** Gives a file to the browser. */
function save(file: Blob, name: string): void {
  const address = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
