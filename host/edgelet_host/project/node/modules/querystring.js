// node:querystring, of the npm package unenv, which has Node.js' own.
"use strict";

const all = require("../node_modules/unenv/dist/runtime/node/querystring.mjs");

const { decode, encode, escape, parse, stringify, unescape, unescapeBuffer } = all;
module.exports = { decode, encode, escape, parse, stringify, unescape, unescapeBuffer };
