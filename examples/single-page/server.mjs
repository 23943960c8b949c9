// The application's backend: a session in a cookie, a token for whoever has one, and the files. Every other address is a route of the
// application, so it gets the same page.

import { createHmac, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";

const { PORT, SITE, NEXTIM_URL, PUBLIC_KEY, TOKEN_SECRET } = process.env;
const MEMBERS = { ada: "Ada Byron", grace: "Grace Hopper" };
const FILES = { "/app.js": "text/javascript", "/app.css": "text/css" };
const POLICY = [
  "default-src 'none'; style-src 'self'; img-src 'self'",
  `script-src 'self' ${NEXTIM_URL}`,
  `connect-src 'self' ${NEXTIM_URL} ${NEXTIM_URL.replace(/^http/, "ws")}`,
  "require-trusted-types-for 'script'; trusted-types nextim",
].join("; ");

/** Who is signed in, by what stands in the cookie. */
const sessions = new Map();

/** A JWT for ten minutes: `alg` HS256, signed with the site's token secret. */
function tokenOf(id) {
  const now = Math.floor(Date.now() / 1000);
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ alg: "HS256", typ: "JWT" })}.${part({ iss: SITE, sub: id, name: MEMBERS[id], iat: now, exp: now + 600 })}`;
  return `${signed}.${createHmac("sha256", TOKEN_SECRET).update(signed).digest("base64url")}`;
}

const sessionOf = (request) => /(?:^|; )session=(\w+)/.exec(request.headers.cookie ?? "")?.[1];

async function answer(request, response) {
  const { pathname } = new URL(request.url, "http://localhost");
  const member = sessions.get(sessionOf(request));
  const json = (status, value, headers = {}) => {
    response.writeHead(status, { "content-type": "application/json", "cache-control": "no-store", ...headers });
    response.end(JSON.stringify(value));
  };
  if (pathname === "/api/token") return member ? json(200, { token: tokenOf(member) }) : json(401, {});
  if (pathname === "/api/session" && request.method === "GET") return json(200, { member: member ?? null, members: MEMBERS });
  if (pathname === "/api/session" && request.method === "DELETE") {
    sessions.delete(sessionOf(request));
    return json(200, {});
  }
  if (pathname.startsWith("/api/session/") && request.method === "POST") {
    const id = pathname.slice("/api/session/".length);
    if (!Object.hasOwn(MEMBERS, id)) return json(404, {});
    const session = randomBytes(16).toString("hex");
    sessions.set(session, id);
    return json(200, {}, { "set-cookie": `session=${session}; Path=/; HttpOnly; SameSite=Lax` });
  }
  const type = FILES[pathname];
  const text = await readFile(new URL(`public${type ? pathname : "/index.html"}`, import.meta.url), "utf8");
  response.writeHead(200, { "content-type": `${type ?? "text/html"}; charset=utf-8`, "content-security-policy": POLICY });
  response.end(type ? text : text.replaceAll("https://im.example.com", NEXTIM_URL).replaceAll("pk_example", PUBLIC_KEY));
}

createServer((request, response) => {
  answer(request, response).catch((error) => {
    console.error(error);
    response.writeHead(500).end();
  });
}).listen(Number(PORT), "127.0.0.1");
