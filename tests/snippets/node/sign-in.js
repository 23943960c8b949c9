// Prints a sign-in token: `jwt USERID NAME` or `easy USERID`. What stands between the markers is shown in docs/sign-in.md.
"use strict";

const site = process.env.NEXTIM_SITE;
const tokenSecret = process.env.NEXTIM_TOKEN_SECRET;
const [mode, id, name] = process.argv.slice(2);
const member = { id, name };

function byJwt() {
  // snippet:begin jwt
  const jwt = require("jsonwebtoken"); // npm install jsonwebtoken

  const options = { algorithm: "HS256", issuer: site, subject: String(member.id), expiresIn: "10m" };
  const token = jwt.sign({ name: member.name }, tokenSecret, options); // adds iat itself
  // snippet:end
  return token;
}

function easy() {
  // snippet:begin easy
  const { createHmac } = require("node:crypto");

  const signature = createHmac("sha256", tokenSecret).update(String(member.id)).digest("hex");
  const token = `${member.id}.${signature}`;
  // snippet:end
  return token;
}

const make = new Map([["jwt", byJwt], ["easy", easy]]).get(mode);
if (!make) {
  console.error("usage: sign-in.js jwt USERID NAME | easy USERID");
  process.exit(2);
}
console.log(make());
