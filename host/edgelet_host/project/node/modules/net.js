// node:net: addresses; no sockets.
"use strict";

const { absentAll } = require("../internal/errors.js");

const NUMBER = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
const V4 = new RegExp(`^(?:${NUMBER}\\.){3}${NUMBER}$`);

const isIPv4 = (input) => V4.test(`${input}`);

// A URL's parser knows all forms, but for a zone.
function isIPv6(input) {
  const text = `${input}`.replace(/%[0-9a-zA-Z-.:]+$/, "");
  if (!/^[0-9a-fA-F:.]+$/.test(text) || !text.includes(":")) return false;
  return URL.canParse(`http://[${text}]/`);
}

module.exports = {
  isIP: (input) => (isIPv4(input) ? 4 : isIPv6(input) ? 6 : 0),
  isIPv4,
  isIPv6,
  ...absentAll(
    "net",
    "BlockList Server Socket SocketAddress Stream connect createConnection createServer " +
      "getDefaultAutoSelectFamily getDefaultAutoSelectFamilyAttemptTimeout setDefaultAutoSelectFamily " +
      "setDefaultAutoSelectFamilyAttemptTimeout",
    "a function reaches others by fetch, and is reached by its handler",
  ),
};
