// The messages of node:http and node:https. Requests are sent by fetch; nothing is listened to.
"use strict";

const EventEmitter = require("../modules/events.js");
const { Buffer } = require("../modules/buffer.js");
const { Readable, Writable } = require("../modules/stream.js");
const { absent, checkFunction, invalidType, withCode } = require("./errors.js");
const { nextTick } = require("./next_tick.js");

const TOKEN = /^[\^_`a-zA-Z\-0-9!#$%&'*+.|~]+$/;

function validateHeaderName(name, label = "Header name") {
  if (typeof name === "string" && TOKEN.test(name)) return;
  throw withCode(TypeError, "ERR_INVALID_HTTP_TOKEN", `${label} must be a valid HTTP token ["${name}"]`);
}

function validateHeaderValue(name, value) {
  if (value === undefined) {
    throw withCode(TypeError, "ERR_HTTP_INVALID_HEADER_VALUE", `Invalid value "${value}" for header "${name}"`);
  }
  if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) {
    throw withCode(TypeError, "ERR_INVALID_CHAR", `Invalid character in header content ["${name}"]`);
  }
}

function extend(constructor, parent) {
  Object.setPrototypeOf(constructor, parent);
  Object.setPrototypeOf(constructor.prototype, parent.prototype);
}

// ---- what is received ----

function IncomingMessage(socket) {
  Readable.call(this, { highWaterMark: socket?.readableHighWaterMark });
  Object.assign(this, {
    aborted: false,
    complete: false,
    headers: {},
    httpVersion: null,
    httpVersionMajor: null,
    httpVersionMinor: null,
    method: null,
    rawHeaders: [],
    rawTrailers: [],
    socket,
    statusCode: null,
    statusMessage: null,
    trailers: {},
    url: "",
  });
}
extend(IncomingMessage, Readable);
Object.defineProperty(IncomingMessage.prototype, "connection", {
  get() {
    return this.socket;
  },
  set(socket) {
    this.socket = socket;
  },
  configurable: true,
});
Object.defineProperty(IncomingMessage.prototype, "headersDistinct", {
  get() {
    return Object.fromEntries(Object.entries(this.headers).map(([name, value]) => [name, [value].flat()]));
  },
  configurable: true,
});
IncomingMessage.prototype._read = function () {};
IncomingMessage.prototype.setTimeout = function (ms, callback) {
  if (callback) this.on("timeout", callback);
  this.socket?.setTimeout?.(ms);
  return this;
};

// ---- what is sent ----

// The headers, by their names in lower case: [name, value].
const fieldsOf = (message) => (message._fields ??= new Map());

function OutgoingMessage(options) {
  // Stays as it is where a class has set it to something else.
  Writable.call(this, { ...options, autoDestroy: false, decodeStrings: false });
  this.chunkedEncoding = false;
  this.finished = false;
  this.sendDate = true;
  this.shouldKeepAlive = true;
  this.socket = null;
  this.useChunkedEncodingByDefault = true;
  this._sent = false;
}
extend(OutgoingMessage, Writable);

function checkUnsent(message, action) {
  if (message.headersSent) {
    throw withCode(Error, "ERR_HTTP_HEADERS_SENT", `Cannot ${action} headers after they are sent to the client`);
  }
}

Object.assign(OutgoingMessage.prototype, {
  setHeader(name, value) {
    checkUnsent(this, "set");
    validateHeaderName(name);
    for (const one of [value].flat()) validateHeaderValue(name, one);
    fieldsOf(this).set(name.toLowerCase(), [name, value]);
    return this;
  },
  setHeaders(headers) {
    checkUnsent(this, "set");
    if (!(headers instanceof Headers || headers instanceof Map)) throw invalidType("headers", ["Headers", "Map"], headers);
    for (const [name, value] of headers) {
      if (name.toLowerCase() === "set-cookie") this.appendHeader(name, value);
      else this.setHeader(name, value);
    }
    return this;
  },
  appendHeader(name, value) {
    checkUnsent(this, "append");
    const before = this.getHeader(name);
    return this.setHeader(name, before === undefined ? value : [before, value].flat());
  },
  getHeader(name) {
    if (typeof name !== "string") throw invalidType("name", "string", name);
    return fieldsOf(this).get(name.toLowerCase())?.[1];
  },
  getHeaders() {
    const headers = { __proto__: null };
    for (const [name, [, value]] of fieldsOf(this)) headers[name] = value;
    return headers;
  },
  getHeaderNames() {
    return [...fieldsOf(this).keys()];
  },
  getRawHeaderNames() {
    return Array.from(fieldsOf(this).values(), ([name]) => name);
  },
  hasHeader(name) {
    if (typeof name !== "string") throw invalidType("name", "string", name);
    return fieldsOf(this).has(name.toLowerCase());
  },
  removeHeader(name) {
    if (typeof name !== "string") throw invalidType("name", "string", name);
    checkUnsent(this, "remove");
    fieldsOf(this).delete(name.toLowerCase());
  },
  flushHeaders() {
    if (!this.headersSent) this._implicitHeader();
  },
  addTrailers: absent("http", "addTrailers", "use a header"),
  setTimeout(ms, callback) {
    if (callback) this.on("timeout", callback);
    return this;
  },
  write(chunk, encoding, callback) {
    if (!this.headersSent) this._implicitHeader();
    return Writable.prototype.write.call(this, chunk, encoding, callback);
  },
  end(chunk, encoding, callback) {
    if (!this.headersSent && !this.finished) this._implicitHeader(typeof chunk === "function" ? undefined : chunk);
    this.finished = true;
    return Writable.prototype.end.call(this, chunk, encoding, callback);
  },
});
Object.defineProperties(OutgoingMessage.prototype, {
  connection: {
    get() {
      return this.socket;
    },
    set(socket) {
      this.socket = socket;
    },
    configurable: true,
  },
  headersSent: {
    get() {
      return this._sent;
    },
    configurable: true,
  },
  _headers: {
    get() {
      return this.getHeaders();
    },
    configurable: true,
  },
});

// ---- a server's answer, for who gives it a socket ----

function ServerResponse(request, options) {
  OutgoingMessage.call(this, options);
  this.req = request;
  this.statusCode = 200;
  this.statusMessage = undefined;
  this._hasBody = request?.method !== "HEAD";
}
extend(ServerResponse, OutgoingMessage);
Object.assign(ServerResponse.prototype, {
  assignSocket(socket) {
    this.socket = socket;
    this.emit("socket", socket);
  },
  detachSocket() {
    this.socket = null;
  },
  writeHead(status, reason, given) {
    const number = status | 0;
    if (number < 100 || number > 999) {
      throw withCode(RangeError, "ERR_HTTP_INVALID_STATUS_CODE", `Invalid status code: ${status}`);
    }
    checkUnsent(this, "write");
    this.statusCode = number;
    const headers = typeof reason === "string" ? given : (given ?? reason);
    if (typeof reason === "string") this.statusMessage = reason;
    else this.statusMessage ??= require("./statuses.js")[number] ?? "unknown";
    const pairs = Array.isArray(headers)
      ? Array.from({ length: headers.length / 2 }, (_, i) => headers.slice(2 * i, 2 * i + 2))
      : Object.entries(headers ?? {});
    for (const [name, value] of pairs) this.setHeader(name, value);
    this._sent = true;
    return this;
  },
  _implicitHeader() {
    this.writeHead(this.statusCode);
  },
  _write(chunk, encoding, callback) {
    if (!this._hasBody || [204, 304].includes(this.statusCode)) {
      callback();
    } else if (this.socket) {
      this.socket.write(chunk, encoding, callback);
    } else {
      this.once("socket", (socket) => socket.write(chunk, encoding, callback));
    }
  },
  writeContinue() {},
  writeProcessing() {},
  writeEarlyHints() {},
});
ServerResponse.prototype.writeHeader = ServerResponse.prototype.writeHead;

// ---- a client's request ----

// What fetch says itself.
const FETCH_OWN = new Set(["connection", "content-length", "host", "keep-alive", "transfer-encoding", "upgrade"]);

function urlOf(options, protocol) {
  if (options.href) return options.href;
  const host = options.hostname ?? options.host ?? "localhost";
  const port = options.port ?? options.defaultPort;
  const bracketed = host.includes(":") && !host.startsWith("[") && !/:\d+$/.test(host.replace(/^[^:]*/, "")) ? `[${host}]` : host;
  return `${options.protocol ?? protocol}//${bracketed}${port ? `:${port}` : ""}${options.path ?? "/"}`;
}

function optionsOf(given, more, protocol) {
  let options = given;
  if (typeof given === "string" || given instanceof URL) {
    const url = new URL(given);
    const auth = url.username || url.password ? `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}` : undefined;
    const { hostname, port } = url;
    options = { protocol: url.protocol, hostname, port, path: url.pathname + url.search, auth };
  }
  const all = { ...options, ...(typeof more === "object" ? more : undefined) };
  const used = all.protocol ?? all.agent?.protocol ?? protocol;
  if (used !== protocol) {
    const text = `Protocol "${used}" not supported. Expected "${protocol}"`;
    throw withCode(TypeError, "ERR_INVALID_PROTOCOL", text);
  }
  if (typeof all.path === "string" && /[^\x21-\xff]/.test(all.path)) {
    throw withCode(TypeError, "ERR_UNESCAPED_CHARACTERS", "Request path contains unescaped characters");
  }
  return all;
}

function ClientRequest(given, more, last) {
  const protocol = typeof more === "string" ? more : "http:";
  const callback = typeof more === "function" ? more : last;
  OutgoingMessage.call(this);
  const options = optionsOf(given, undefined, protocol);
  this.method = (options.method ?? "GET").toUpperCase();
  if (!TOKEN.test(this.method)) {
    throw withCode(TypeError, "ERR_INVALID_HTTP_TOKEN", `Method must be a valid HTTP token ["${this.method}"]`);
  }
  Object.assign(this, {
    aborted: false,
    agent: options.agent,
    host: options.hostname ?? options.host ?? "localhost",
    path: options.path ?? "/",
    protocol,
    res: null,
    reusedSocket: false,
    _chunks: [],
    _controller: new AbortController(),
    _url: urlOf(options, protocol),
  });
  const pairs = Array.isArray(options.headers)
    ? Array.from({ length: options.headers.length / 2 }, (_, i) => options.headers.slice(2 * i, 2 * i + 2))
    : Object.entries(options.headers ?? {});
  for (const [name, value] of pairs) if (value !== undefined) this.setHeader(name, value);
  if (options.auth && !this.hasHeader("authorization")) {
    this.setHeader("Authorization", `Basic ${Buffer.from(options.auth).toString("base64")}`);
  }
  if (callback) {
    checkFunction(callback, "callback");
    this.once("response", callback);
  }
  if (options.timeout) this.setTimeout(options.timeout);
  options.signal?.addEventListener("abort", () => this.destroy(options.signal.reason), { once: true });
}
extend(ClientRequest, OutgoingMessage);

Object.assign(ClientRequest.prototype, {
  _implicitHeader() {
    this._sent = true;
  },
  _write(chunk, encoding, callback) {
    this._chunks.push(typeof chunk === "string" ? Buffer.from(chunk, encoding) : Buffer.from(chunk));
    callback();
  },
  _final(callback) {
    callback();
    this._ask().catch((error) => this.destroy(error));
  },
  async _ask() {
    const headers = new Headers();
    for (const [name, [, value]] of fieldsOf(this)) {
      if (!FETCH_OWN.has(name)) for (const one of [value].flat()) headers.append(name, String(one));
    }
    const body = this._chunks.length > 0 ? Buffer.concat(this._chunks) : undefined;
    const { method, _controller } = this;
    const response = await fetch(this._url, { method, headers, body, redirect: "manual", signal: _controller.signal });
    if (this.destroyed) return;
    clearTimeout(this._timer);
    const message = messageOf(response);
    this.res = message;
    message.req = this;
    message.on("close", () => this.emit("close"));
    if (!this.emit("response", message)) message.resume();
  },
  _destroy(error, callback) {
    clearTimeout(this._timer);
    this._controller.abort(error ?? undefined);
    this.res?.destroy(error);
    let said = error;
    if (!error && !this.res && !this.aborted) said = withCode(Error, "ECONNRESET", "socket hang up");
    callback(said);
    if (!this.res) nextTick(() => this.emit("close"));
  },
  abort() {
    if (this.aborted) return;
    this.aborted = true;
    nextTick(() => this.emit("abort"));
    this.destroy(this.res ? undefined : withCode(Error, "ECONNRESET", "socket hang up"));
  },
  setTimeout(ms, callback) {
    if (callback) this.once("timeout", callback);
    clearTimeout(this._timer);
    if (ms > 0) this._timer = setTimeout(() => this.emit("timeout"), ms);
    return this;
  },
  setNoDelay() {},
  setSocketKeepAlive() {},
  onSocket() {},
});

function messageOf(response) {
  const message = new IncomingMessage(null);
  message.statusCode = response.status;
  message.statusMessage = response.statusText;
  [message.httpVersion, message.httpVersionMajor, message.httpVersionMinor] = ["1.1", 1, 1];
  const isUnpacked = response.headers.get("content-encoding") === "gzip";
  for (const [name, value] of response.headers) {
    // Who gets the message would unpack it anew.
    if (isUnpacked && (name === "content-encoding" || name === "content-length")) continue;
    message.rawHeaders.push(name, value);
    if (name === "set-cookie") (message.headers[name] ??= []).push(value);
    else message.headers[name] = value;
  }
  const reader = response.body?.getReader();
  message._read = () => {
    if (!reader) {
      message.complete = true;
      message.push(null);
      return;
    }
    reader.read().then(
      ({ done, value }) => {
        message.complete ||= done;
        message.push(done ? null : Buffer.from(value.buffer, value.byteOffset, value.byteLength));
      },
      (error) => message.destroy(error),
    );
  };
  message._destroy = (error, callback) => {
    if (!message.complete) {
      message.aborted = true;
      reader?.cancel(error).catch(() => {});
    }
    callback(error);
  };
  return message;
}

// ---- agents: fetch has its own connections ----

function Agent(options) {
  if (!(this instanceof Agent)) return new Agent(options);
  EventEmitter.call(this);
  this.options = { __proto__: null, ...options };
  Object.assign(this, { defaultPort: 80, protocol: "http:", freeSockets: {}, requests: {}, sockets: {} });
  this.keepAlive = this.options.keepAlive ?? false;
  this.maxSockets = this.options.maxSockets ?? Infinity;
  this.maxFreeSockets = this.options.maxFreeSockets ?? 256;
}
extend(Agent, EventEmitter);
Agent.prototype.destroy = function () {};
Agent.prototype.getName = ({ host = "localhost", port = "" } = {}) => `${host}:${port}:`;

// The functions of a module for one protocol.
function client(protocol) {
  function request(given, ...args) {
    const more = typeof args[0] === "object" ? args.shift() : undefined;
    return new ClientRequest(optionsOf(given, more, protocol), protocol, args[0]);
  }
  function get(...args) {
    const sent = request(...args);
    sent.end();
    return sent;
  }
  return { get, request };
}

module.exports = {
  Agent,
  ClientRequest,
  IncomingMessage,
  OutgoingMessage,
  ServerResponse,
  client,
  validateHeaderName,
  validateHeaderValue,
};
