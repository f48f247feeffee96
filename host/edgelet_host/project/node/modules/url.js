// node:url. What is older than the global classes is of the npm package unenv, which has Node.js' own.
"use strict";

const all = require("../node_modules/unenv/dist/runtime/node/url.mjs");
const punycode = require("./punycode.js");
const { checkString, invalidType, withCode } = require("../internal/errors.js");

const { Url, pathToFileURL, resolve, resolveObject, urlToHttpOptions } = all;

// The host name of a URL, as its parser writes it, which takes no other letters than ASCII's.
function domainToASCII(domain) {
  const name = String(domain).normalize("NFC").toLowerCase();
  // A label that says that it is encoded, and is not.
  if (/(^|\.)xn--[^.]*[^\0-\x7f]/.test(name)) return "";
  const ascii = punycode.toASCII(name);
  return URL.canParse(`ws://${ascii}`) ? new URL(`ws://${ascii}`).hostname : "";
}

function domainToUnicode(domain) {
  return punycode.toUnicode(domainToASCII(domain));
}

function parse(url, ...options) {
  checkString(url, "url");
  return all.parse(url, ...options);
}

function format(given, options) {
  if (!(given instanceof URL)) return all.format(given, options);
  if (options !== undefined && (options === null || typeof options !== "object")) {
    throw invalidType("options", "Object", options);
  }
  const { auth = true, fragment = true, search = true, unicode = false } = options ?? {};
  const url = new URL(given);
  if (!auth) url.username = url.password = "";
  if (!fragment) url.hash = "";
  if (!search) url.search = "";
  return unicode ? url.href.replace(url.hostname, domainToUnicode(url.hostname)) : url.href;
}

function fileURLToPath(given, options) {
  if (typeof given !== "string" && !given?.href) throw invalidType("path", ["string", "URL"], given);
  const url = new URL(given);
  if (url.protocol !== "file:") throw withCode(TypeError, "ERR_INVALID_URL_SCHEME", "The URL must be of scheme file");
  if (options?.windows) return all.fileURLToPath(url, options);
  if (url.hostname !== "") {
    throw withCode(TypeError, "ERR_INVALID_FILE_URL_HOST", 'File URL host must be "localhost" or empty on linux');
  }
  if (/%2f/i.test(url.pathname)) {
    const text = "File URL path must not include encoded / characters";
    throw withCode(TypeError, "ERR_INVALID_FILE_URL_PATH", text);
  }
  return decodeURIComponent(url.pathname);
}

module.exports = {
  URL,
  URLSearchParams,
  Url,
  domainToASCII,
  domainToUnicode,
  fileURLToPath,
  format,
  parse,
  pathToFileURL,
  resolve,
  resolveObject,
  urlToHttpOptions,
};
