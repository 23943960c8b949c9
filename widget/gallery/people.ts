// People, rooms and talk for the gallery: names of many scripts, long and short, as they come in life.

import type { Message, Person, Room, Show } from "../src/model/state.ts";

/** A Thursday afternoon, so that pictures of the gallery can be compared. */
export const NOW = new Date(2026, 10, 19, 15, 4, 0).getTime();
const MINUTE = 60_000;

const person = (id: string, name: string, show: Show, group: string, status = "", more: Partial<Person> = {}): Person => ({
  id,
  name,
  picture: "",
  url: `/people/${id}`,
  show,
  status,
  group,
  isFriend: group !== "stranger" && group !== "visitor",
  isBlocked: false,
  isTyping: false,
  ...more,
});

export const PEOPLE: readonly Person[] = [
  person("ada", "Ada Lovelace", "available", "Book club", "Reading “The Overstory” — no spoilers"),
  person("bo", "Bo Svensson", "chat", "Book club", "Tea, anyone?"),
  person("carmen", "Carmen Núñez-Delgado de la Fuente", "away", "Book club"),
  person("dev", "Dev Patel", "dnd", "Book club", "Writing until four"),
  person("elif", "Elif Yılmaz", "unavailable", "Book club"),
  person("wang", "王晓明", "available", "Friends of the site", "今天也要加油"),
  person("layla", "ليلى حداد", "available", "Friends of the site", "مرحبا"),
  person("hana", "田中 花", "away", "Friends of the site"),
  person("mo", "Mo", "unavailable", "Friends of the site"),
  person("oscar", "Oscar", "unavailable", "Friends of the site", "On holiday until Monday"),
  person("guest-8812", "Visitor 8812", "available", "visitor"),
  person("nina", "Nina Kowalczyk", "available", "stranger"),
  person("zoe", "Zoë Q.", "available", "found", "New here"),
  person("spam", "Best Offers 4U", "unavailable", "found", "", { isBlocked: true }),
];

const room = (id: string, name: string, topic: string, more: Partial<Room> = {}): Room => ({
  id,
  name,
  picture: "",
  url: `/rooms/${id}`,
  topic,
  online: 12,
  total: 48,
  isJoined: true,
  isSilenced: false,
  isAdHoc: false,
  members: null,
  typing: [],
  ...more,
});

export const ROOMS: readonly Room[] = [
  room("books", "Book club", "November: The Overstory"),
  room("garden", "Balcony gardeners", "Tomatoes in winter?", { online: 3, total: 9, isAdHoc: true }),
  room("news", "Announcements", "", { isSilenced: true, online: 210, total: 1204 }),
  room("open", "Open mic", "Everyone is welcome", { isJoined: false, online: null, total: 31 }),
];

let next = 0;

/** A message `minutesAgo`; from `me` it is ours. */
export function message(from: string, minutesAgo: number, body: string, more: Partial<Message> = {}): Message {
  next += 1;
  const name = PEOPLE.find((one) => one.id === from)?.name ?? "Sam Rivera";
  return {
    key: `m${next}`,
    seq: next,
    from,
    fromName: name,
    fromPicture: "",
    isMine: from === "me",
    body,
    at: NOW - minutesAgo * MINUTE,
    delivery: "sent",
    error: null,
    canRetry: false,
    ...more,
  };
}

const DAY = 24 * 60;

export const WITH_ADA: readonly Message[] = [
  message("ada", 2 * DAY + 300, "Did you get to chapter six?"),
  message("me", 2 * DAY + 297, "Almost! I read on the train, and then I missed my stop."),
  message("ada", DAY + 64, "That is the best review a book can get 😄"),
  message("ada", DAY + 63, "There is a talk by the author on Saturday: https://example.com/events/overstory?from=chat"),
  message("ada", DAY + 63, "Shall we go?"),
  message("me", 41, "Yes, gladly."),
  message("me", 41, "I can book two seats tonight, if you tell me which row you like. Somewhere in the middle?"),
  message("ada", 12, "Middle is perfect"),
  message("ada", 12, "🎉"),
  message("me", 2, "Done — row F, seats 11 and 12."),
];

export const WITH_WANG: readonly Message[] = [
  message("wang", 190, "周末的读书会改到下午三点了，地点不变。"),
  message("me", 188, "好的，我会准时到！需要带什么吗？"),
  message("wang", 187, "带上书就行。我准备了茶和点心。"),
];

export const IN_BOOKS: readonly Message[] = [
  message("bo", 55, "Poll: next month a classic or something new?"),
  message("carmen", 52, "Something new, please."),
  message("carmen", 52, "We had three classics in a row, and I still owe the library for the second one."),
  message("me", 50, "+1 for new"),
  message("dev", 9, "What about short stories? They are easier to fit between two nappies."),
  message("layla", 4, "فكرة رائعة! أنا موافقة."),
  message("bo", 3, "Short stories it is. Suggestions to bo@example.com, please."),
];
