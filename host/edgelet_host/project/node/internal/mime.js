// MIMEType and MIMEParams of node:util (WHATWG MIME Sniffing, section 4).
"use strict";

const { withCode } = require("./errors.js");

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const trim = (text) => text.replace(/^[\t\n\r ]+|[\t\n\r ]+$/g, "");

function invalid(what, text, at) {
  const place = at < 0 ? "" : ` at ${at}`;
  const quoted = JSON.stringify(`${text}`);
  return withCode(TypeError, "ERR_INVALID_MIME_SYNTAX", `The MIME syntax for a ${what} in ${quoted} is invalid${place}`);
}

class MIMEParams {
  #values = new Map();
  delete(name) {
    this.#values.delete(`${name}`);
  }
  get(name) {
    return this.#values.get(`${name}`) ?? null;
  }
  has(name) {
    return this.#values.has(`${name}`);
  }
  set(given, to) {
    const name = `${given}`;
    const value = `${to}`;
    if (!TOKEN.test(name)) throw invalid("parameter name", name, name.search(/[^!#$%&'*+\-.^_`|~0-9A-Za-z]/));
    if (!VALUE.test(value)) throw invalid("parameter value", value, value.search(/[^\t\x20-\x7e\x80-\xff]/));
    this.#values.set(name, value);
  }
  entries() {
    return this.#values.entries();
  }
  keys() {
    return this.#values.keys();
  }
  values() {
    return this.#values.values();
  }
  [Symbol.iterator]() {
    return this.entries();
  }
  toString() {
    const quoted = (value) => (TOKEN.test(value) ? value : `"${value.replace(/["\\]/g, "\\$&")}"`);
    return [...this.#values].map(([name, value]) => `${name}=${quoted(value)}`).join(";");
  }
  toJSON() {
    return this.toString();
  }
}

function readParams(text, params) {
  // A quoted value ends at its quote, another one at the next semicolon.
  const one = /;([^;=]*)(?:=(?:"((?:[^"\\]|\\[^])*)(?:"|$)[^;]*|([^;]*)))?/g;
  for (const [, given, quoted, bare] of text.matchAll(one)) {
    const name = trim(given).toLowerCase();
    const value = quoted?.replace(/\\([^])/g, "$1") ?? trim(bare ?? "");
    if ((quoted === undefined && value === "") || !TOKEN.test(name) || !VALUE.test(value)) continue;
    if (!params.has(name)) params.set(name, value);
  }
}

class MIMEType {
  #type;
  #subtype;
  #params = new MIMEParams();
  constructor(given) {
    const text = trim(`${given}`);
    const [, type, subtype, rest] = /^([^/]*)\/?([^;]*)(.*)$/s.exec(text);
    if (!TOKEN.test(type) || !text.includes("/")) throw invalid("type", text, type.search(/[^!#$%&'*+\-.^_`|~0-9A-Za-z]/));
    this.#type = type.toLowerCase();
    const kept = subtype.replace(/[\t\n\r ]+$/, "");
    if (!TOKEN.test(kept)) throw invalid("subtype", text, type.length + 1);
    this.#subtype = kept.toLowerCase();
    readParams(rest, this.#params);
  }
  get type() {
    return this.#type;
  }
  set type(value) {
    if (!TOKEN.test(`${value}`)) throw invalid("type", value, 0);
    this.#type = `${value}`.toLowerCase();
  }
  get subtype() {
    return this.#subtype;
  }
  set subtype(value) {
    if (!TOKEN.test(`${value}`)) throw invalid("subtype", value, 0);
    this.#subtype = `${value}`.toLowerCase();
  }
  get essence() {
    return `${this.#type}/${this.#subtype}`;
  }
  get params() {
    return this.#params;
  }
  toString() {
    const params = this.#params.toString();
    return params ? `${this.essence};${params}` : this.essence;
  }
  toJSON() {
    return this.toString();
  }
}

module.exports = { MIMEParams, MIMEType };
