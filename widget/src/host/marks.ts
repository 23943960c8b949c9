// What the page itself marks: buttons that open a conversation and show whether that person is here, strangers for the roster, places
// for a room. They may come and go at any time.

import type { Model } from "../model/index.ts";
import { Listeners, guarded } from "./guard.ts";

const CHAT = "data-nextim-chat";
const STRANGER = "data-nextim-stranger";
const ROOM = "data-nextim-room";
const PRESENCE = "data-nextim-presence";
const LOOKS_AFTER_MS = 100;
/** Elements that are buttons or links by themselves. */
const NATIVE = "button, a[href], area[href], input, summary";

export interface Places {
  /** A place for a room, new in the page. Gives the way to empty it. */
  room(place: HTMLElement, id: string): () => void;
  /** Something in the page has changed. */
  changed(): void;
}

export class Marks {
  readonly #listeners = new Listeners();
  readonly #rooms = new Map<HTMLElement, { id: string; empty: () => void }>();
  readonly #observer: MutationObserver;
  readonly #unwatch: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly model: Model,
    private readonly places: Places,
  ) {
    // Before the page's own listeners, which may stop an event from reaching us.
    this.#listeners.on(document, "click", (event) => this.#clicked(event), { capture: true });
    this.#listeners.on(document, "keydown", (event) => this.#pressed(event as KeyboardEvent), { capture: true });
    this.#observer = new MutationObserver(guarded(() => this.#soon()));
    const attributeFilter = [CHAT, STRANGER, ROOM];
    this.#observer.observe(document.documentElement, { subtree: true, childList: true, attributes: true, attributeFilter });
    this.#unwatch = model.subscribe(guarded(() => this.#draw()));
    this.look();
  }

  /** Finds what is marked now. */
  look(): void {
    const ids = new Set([...idsOf(CHAT), ...idsOf(STRANGER)]);
    this.model.roster.show([...ids]);
    for (const button of marked(CHAT)) makeButton(button);
    this.#draw();
    this.#lookForRooms();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#observer.disconnect();
    this.#listeners.stop();
    this.#unwatch();
    for (const { empty } of this.#rooms.values()) empty();
    this.#rooms.clear();
    for (const button of marked(CHAT)) button.removeAttribute(PRESENCE);
  }

  #soon(): void {
    this.#timer ??= setTimeout(
      guarded(() => {
        this.#timer = undefined;
        this.places.changed();
        this.look();
      }),
      LOOKS_AFTER_MS,
    );
  }

  #draw(): void {
    const { people, me, link } = this.model.get();
    for (const button of marked(CHAT)) {
      const id = button.getAttribute(CHAT) ?? "";
      const show = me?.id === id ? me.show : people.get(id)?.show;
      const is = link.state === "online" ? (show ?? "unavailable") : "unavailable";
      if (button.getAttribute(PRESENCE) !== is) button.setAttribute(PRESENCE, is);
    }
  }

  #lookForRooms(): void {
    const found = new Set(marked(ROOM));
    for (const [place, { id, empty }] of this.#rooms) {
      if (found.has(place) && place.getAttribute(ROOM) === id) continue;
      empty();
      this.#rooms.delete(place);
    }
    for (const place of found) {
      const id = place.getAttribute(ROOM) ?? "";
      if (!this.#rooms.has(place) && id !== "") this.#rooms.set(place, { id, empty: this.places.room(place, id) });
    }
  }

  #clicked(event: Event): void {
    const button = event.target instanceof Element ? event.target.closest(`[${CHAT}]`) : null;
    const id = button?.getAttribute(CHAT) ?? "";
    if (id === "" || id === this.model.get().me?.id) return;
    event.preventDefault();
    this.model.commands.open(`p:${id}`);
  }

  #pressed(event: KeyboardEvent): void {
    const { target, key } = event;
    if ((key !== "Enter" && key !== " ") || !(target instanceof Element)) return;
    if (target.hasAttribute(CHAT) && !target.matches(NATIVE)) this.#clicked(event);
  }
}

function marked(attribute: string): HTMLElement[] {
  return Array.from(document.querySelectorAll<HTMLElement>(`[${attribute}]`));
}

function idsOf(attribute: string): string[] {
  return marked(attribute).flatMap((element) => element.getAttribute(attribute) || []);
}

/** Anything can be a button: then the keyboard and screen readers must find it, too. */
function makeButton(element: HTMLElement): void {
  if (element.matches(NATIVE)) return;
  if (!element.hasAttribute("role")) element.setAttribute("role", "button");
  if (!element.hasAttribute("tabindex")) element.setAttribute("tabindex", "0");
}
