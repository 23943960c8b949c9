// Who is told of a message, and how: one sound for the person, not one for each tab, and none for what they look at anyway; a
// notification of the desktop when no page of the site is looked at.

import type { Key, Message, Model } from "../model/index.ts";
import { isSeen } from "./activity.ts";

/** Messages that come together sound once. */
const SOUNDS_EVERY_MS = 1_500;

export class Attention {
  #soundedAt = 0;

  constructor(private readonly model: Model) {}

  arrived(key: Key, message: Message): void {
    const { me, settings } = this.model.get();
    if (!this.model.client.isLeader || me?.show === "dnd") return;
    const tabs = [this.model.about(), ...this.model.others()];
    if (tabs.some((tab) => tab.looked === key)) return;
    const now = this.model.platform.now();
    if (settings.sound && now - this.#soundedAt >= SOUNDS_EVERY_MS) {
      this.#soundedAt = now;
      this.model.sound();
    }
    if (settings.desktop && !tabs.some((tab) => tab.isSeen)) this.#notify(key, message);
  }

  /** The member has asked for notifications of the desktop: the browser must be asked, too. */
  async permit(): Promise<void> {
    if (typeof Notification !== "function") return this.model.commands.setSetting("desktop", false);
    if (Notification.permission === "granted" || !isSeen()) return;
    const answer = Notification.permission === "denied" ? "denied" : await Notification.requestPermission();
    if (answer === "denied") this.model.commands.setSetting("desktop", false);
  }

  #notify(key: Key, message: Message): void {
    if (typeof Notification !== "function" || Notification.permission !== "granted") return;
    const { rooms, people } = this.model.get();
    const room = key.startsWith("r:") ? rooms.get(key.slice(2)) : undefined;
    const picture = room?.picture ?? people.get(message.from)?.picture ?? "";
    const title = room === undefined ? message.fromName : `${message.fromName} (${room.name})`;
    try {
      const notification = new Notification(title, { body: message.body.slice(0, 200), tag: `nextim:${key}`, ...(picture ? { icon: picture } : {}) });
      notification.onclick = () => {
        window.focus();
        notification.close();
        this.model.commands.open(key);
      };
    } catch {
      // Phones allow it to service workers only.
    }
  }
}

/** Whether the browser lets this page make a sound: somebody must have used it. */
export function canSound(): boolean {
  const { userActivation } = navigator as { userActivation?: { readonly hasBeenActive: boolean } };
  return userActivation?.hasBeenActive ?? true;
}
