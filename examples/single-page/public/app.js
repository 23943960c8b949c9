// The application: a view for each route, and one chat through all of them.

const TASKS = [
  ["Sketch the new front page", "ada"],
  ["Take the moth out of relay 70", "grace"],
  ["Write down how it works", "ada"],
];

// Commands given before the chat is there are kept in this list, and carried out when it is.
window.NextIM ??= [];
const chat = (...call) => window.NextIM.push(call);

let session = { member: null, members: {} };
let unread = 0;

/** An element; its children may be texts, which are only ever texts. */
function make(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

const link = (to, words) => make("a", { href: to }, words);

/** A button that opens a conversation: the attribute is all that it takes, whenever it comes into the page. */
const talkTo = (id) => (id === session.member ? "" : make("button", { "data-nextim-chat": id }, `Talk to ${session.members[id]}`));

const views = {
  "/": () => [
    make("h1", {}, "Tasks"),
    make("ul", {}, ...TASKS.map(([task, by]) => make("li", {}, make("b", {}, task), " ", link(`/people/${by}`, session.members[by]), " ", talkTo(by)))),
  ],
  "/standup": () => [make("h1", {}, "Stand-up"), make("div", { class: "room", "data-nextim-room": "standup" })],
  "/people": (id) => [make("h1", {}, session.members[id] ?? "Nobody"), make("p", {}, "Works on the board."), session.members[id] ? talkTo(id) : ""],
};

const signInView = () => [
  make("h1", {}, "Who are you?"),
  ...Object.entries(session.members).map(([id, name]) => make("button", { onclick: () => signIn(id) }, name)),
];

function draw() {
  const [, first, id] = location.pathname.split("/");
  const view = session.member === null ? signInView : (views[`/${first}`] ?? views["/"]);
  document.querySelector("#view").replaceChildren(...view(id).filter(Boolean));
  const nav = session.member === null ? [] : [
    link("/", "Tasks"),
    link("/standup", "Stand-up"),
    make("button", { onclick: () => chat("toggle"), id: "chat" }, unread > 0 ? `Chat (${unread})` : "Chat"),
    make("button", { onclick: signOut }, `Sign out ${session.members[session.member]}`),
  ];
  document.querySelector("#nav").replaceChildren(...nav);
}

async function signIn(id) {
  await fetch(`/api/session/${id}`, { method: "POST" });
  await know();
  // Somebody else is here now: the chat asks the address of tokens again.
  chat("identify", { tokenUrl: "/api/token" });
}

async function signOut() {
  chat("logout");
  await fetch("/api/session", { method: "DELETE" });
  unread = 0;
  history.pushState(null, "", "/");
  await know();
}

async function know() {
  session = await (await fetch("/api/session")).json();
  draw();
}

document.addEventListener("click", (event) => {
  const to = event.target.closest("a[href^='/']");
  if (!to || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  history.pushState(null, "", to.getAttribute("href"));
  draw();
});
window.addEventListener("popstate", draw);

chat("on", "unread", ({ count }) => {
  unread = count;
  draw();
});

await know();
