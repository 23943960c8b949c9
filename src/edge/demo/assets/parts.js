/* Small parts of the view. Nothing is ever drawn from a string of markup, so text from other people stays text. */

/** How a member can be, and how that is called. */
export const SHOWS = {
  available: "Available",
  chat: "Happy to chat",
  away: "Away",
  dnd: "Do not disturb",
  busy: "Busy",
  invisible: "Invisible",
};

export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value !== false && value != null) node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children);
  return node;
}

const ICONS = {
  chat: "M4 5.5h12v8H9.5L6 16.500v-3H4z",
  close: "M5.5 5.500l9 9M14.5 5.500l-9 9",
  fold: "M5 10h10",
  more: "M5 10h.01M10 10h.01M15 10h.01",
  send: "M4 10l12-5.5-4.5 11.5-2-4.500z",
  settings: "M4 6h5M13 6h3M4 14h3M11 14h5M11 4v4M9 12v4",
};

export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

export function button(label, attributes, ...children) {
  const named = children.length > 0;
  return h("button", { type: "button", "aria-label": named ? label : null, ...attributes }, ...(named ? children : [label]));
}

export function picture(id, size, entry) {
  const spare = entry?.default_pic_url || "/demo/assets/pictures/default.svg";
  const image = h("img", { src: entry?.pic_url || spare, alt: "", width: size, height: size, class: "face-picture" });
  image.addEventListener("error", () => { image.src = spare; }, { once: true });
  return image;
}

/** Brings the children of `parent` to `wanted` with as few moves as possible, so that logs announce only what is new. */
export function fill(parent, wanted) {
  let at = parent.firstChild;
  for (const node of wanted) {
    if (node === at) at = at.nextSibling;
    else parent.insertBefore(node, at);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

/** Text with its web addresses made into links. */
export function linked(text) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(/https?:\/\/[^\s<>"'。，、；！？）】》]+/g)) {
    const address = match[0].replace(match[0].includes("(") ? /[.,;:!?]+$/ : /[.,;:!?)\]}]+$/, "");
    if (!URL.canParse(address)) continue;
    nodes.push(text.slice(end, match.index), h("a", { href: address, target: "_blank", rel: "noopener" }, address));
    end = match.index + address.length;
  }
  return [...nodes, text.slice(end)];
}

export const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const calendar = new Intl.DateTimeFormat("en", { weekday: "long", day: "numeric", month: "long" });

export function dayName(timestamp) {
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(timestamp).setHours(0, 0, 0, 0)) / 86400000);
  return days === 0 ? "Today" : days === 1 ? "Yesterday" : calendar.format(timestamp);
}

export function presenceWord(person) {
  if (person?.presence !== "online") return "offline";
  const word = person.show === "available" || !SHOWS[person.show] ? "online" : SHOWS[person.show].toLowerCase();
  return person.status ? `${word} · ${person.status}` : word;
}

/** How many are in a room right now. */
export function roomWord(room) {
  return room.joined === false ? "not a member" : `${room.count ?? 0} of ${room.all_count ?? 0} online`;
}

let audio = null;

/** Two short notes; a browser that has not been touched yet stays silent. */
export function chime() {
  if (!navigator.userActivation?.hasBeenActive) return;
  audio ??= new AudioContext();
  [660, 880].forEach((frequency, index) => {
    const [tone, volume, at] = [audio.createOscillator(), audio.createGain(), audio.currentTime + index * 0.11];
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0.06, at);
    volume.gain.exponentialRampToValueAtTime(0.001, at + 0.18);
    tone.connect(volume).connect(audio.destination);
    tone.start(at);
    tone.stop(at + 0.2);
  });
}
