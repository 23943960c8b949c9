// Signs with jsonwebtoken, as a site on Node.js does. Reads a JSON list of {claims, key, options}, prints a JSON list of tokens.

const { readFileSync } = require("node:fs");
const jwt = require("jsonwebtoken");

const wanted = JSON.parse(readFileSync(0, "utf8"));
console.log(JSON.stringify(wanted.map(({ claims, key, options }) => jwt.sign(claims, key, options))));
