// The API of npm's jsonwebtoken for secrets: HS256, HS384 and HS512, after RFC 7515, RFC 7519 and RFC 8725.
//
// Stricter than npm's: a secret has at least the digest's length (RFC 7518, section 3.2) and is no PEM key, the payload
// is a JSON object, base64url has one form, "crit" is refused, and so are options that are unknown or undefined (an
// issuer from a variable that is not set is no issuer that may be anything). A name that occurs twice in a JSON text
// has its last value (RFC 7519, section 4).
//
// Its bytecode lies in a board's arena, where a function costs some 300 bytes: hence few, and no Math nor Date, which
// would bring their objects along.

import {
  byteLength, contains, date, decode as fromBase64url, encode, now, sign as mac, verify as isMac,
} from "edgelet:builtin";

// Characters of a token; a header line of 8 KB holds one of these.
const TOKEN_MAX = 8192;

// The hash of each algorithm and the fewest bytes that its secret may have.
const ALGORITHMS = { __proto__: null, HS256: ["SHA-256", 32], HS384: ["SHA-384", 48], HS512: ["SHA-512", 64] };

export class JsonWebTokenError extends Error {}
export class TokenExpiredError extends JsonWebTokenError {}
export class NotBeforeError extends JsonWebTokenError {}
JsonWebTokenError.prototype.name = "JsonWebTokenError";
TokenExpiredError.prototype.name = "TokenExpiredError";
NotBeforeError.prototype.name = "NotBeforeError";

// The options and what they may be: see isValid.
const SIGN_OPTIONS = {
  __proto__: null, algorithm: "algorithm", audience: "strings", expiresIn: "span", header: "object", issuer: "string",
  jwtid: "string", keyid: "string", noTimestamp: "boolean", notBefore: "span", subject: "string",
};
const VERIFY_OPTIONS = {
  __proto__: null, algorithms: "strings", audience: "patterns", clockTimestamp: "number", clockTolerance: "number",
  complete: "boolean", ignoreExpiration: "boolean", ignoreNotBefore: "boolean", issuer: "strings", jwtid: "string",
  maxAge: "span", nonce: "string", subject: "string",
};

function isObject(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isValid(value, type) {
  switch (type) {
    case "algorithm":
      return typeof value === "string" && value in ALGORITHMS;
    case "number":
      return Number.isFinite(value);
    case "object":
      return isObject(value);
    case "span": // seconds, or text that timeAfter understands
      return Number.isInteger(value) || typeof value === "string";
    case "strings": // one or several
      return [value].flat().every((one) => typeof one === "string");
    case "patterns":
      return [value].flat().every((one) => typeof one === "string" || one instanceof RegExp);
    default:
      return typeof value === type;
  }
}

function checkOptions(options, known) {
  for (const name in options) {
    if (!known[name]) {
      throw new Error(`"${name}" is not allowed in "options"`);
    }
    if (!isValid(options[name], known[name])) {
      throw new Error(`"${name}" in "options" must be of type ${known[name]}`);
    }
  }
}

// The seconds of each unit that a time span may be given in, without the plural's s.
const UNITS = {
  __proto__: null, "": 0.001, ms: 0.001, msec: 0.001, millisecond: 0.001, s: 1, sec: 1, second: 1,
  m: 60, min: 60, minute: 60, h: 3600, hr: 3600, hour: 3600, d: 86400, day: 86400, w: 604800, week: 604800,
  y: 31557600, yr: 31557600, year: 31557600,
};

// The time, in seconds, that lies a span after `from`: a number of seconds, or text such as "2 days" or "10h" with the
// units of the npm package "ms", where none means milliseconds.
function timeAfter(from, span, option) {
  if (typeof span === "number") {
    return from + span;
  }
  const match = /^(-?\d*\.?\d+) *([a-z]*)$/i.exec(span);
  const unit = match?.[2].toLowerCase().replace(/(..)s$/, "$1");
  const seconds = UNITS[unit];
  if (!seconds) {
    throw new Error(`"${option}" should be a number of seconds or string representing a timespan eg: "1d", "20h", 60`);
  }
  const time = from + match[1] * seconds;
  return time - (time % 1);
}

// Throws where a secret is none for the algorithm.
function checkSecret(secret, algorithm, Failure) {
  const [, least] = ALGORITHMS[algorithm];
  const length = byteLength(secret);
  if (length === undefined) {
    throw new Failure("the secret must be a string, an ArrayBuffer or a view of one");
  }
  if (contains(secret, "-----BEGIN")) {
    throw new Failure(`${algorithm} needs a secret, not a PEM key`);
  }
  if (length < least) {
    throw new Failure(`the secret for ${algorithm} must have at least ${least} bytes`);
  }
}

// Gives what work(...args) does to the callback, or to the caller where there is none.
function settle(callback, work, ...args) {
  if (!callback) {
    return work(...args);
  }
  let result;
  try {
    result = work(...args);
  } catch (error) {
    callback(error);
    return;
  }
  callback(null, result);
}

function makePayload(claims, options) {
  if (!isObject(claims)) {
    throw new Error('Expected "payload" to be a plain object.');
  }
  for (const name of ["iat", "exp", "nbf"]) {
    if (claims[name] !== undefined && !Number.isFinite(claims[name])) {
      throw new Error(`"${name}" should be a number of seconds`);
    }
  }
  const issued = claims.iat ?? now();
  const payload = { ...claims, iat: options.noTimestamp ? undefined : issued };
  const claimOf = { expiresIn: "exp", notBefore: "nbf", audience: "aud", issuer: "iss", subject: "sub", jwtid: "jti" };
  for (const option in claimOf) {
    const claim = claimOf[option];
    const value = options[option];
    if (value === undefined) {
      continue;
    }
    if (claims[claim] !== undefined) {
      throw new Error(`Bad "options.${option}" option. The payload already has an "${claim}" property.`);
    }
    payload[claim] = SIGN_OPTIONS[option] === "span" ? timeAfter(issued, value, option) : value;
  }
  return payload;
}

function makeToken(claims, secret, options) {
  checkOptions(options, SIGN_OPTIONS);
  const header = { alg: options.algorithm ?? "HS256", typ: "JWT", kid: options.keyid, ...options.header };
  if (!isValid(header.alg, "algorithm") || header.crit !== undefined) {
    throw new Error('"header" in "options" must have no "crit", and no "alg" but HS256, HS384 or HS512');
  }
  checkSecret(secret, header.alg, Error);
  const input = `${encode(JSON.stringify(header))}.${encode(JSON.stringify(makePayload(claims, options)))}`;
  const token = `${input}.${mac(ALGORITHMS[header.alg][0], secret, input)}`;
  if (token.length > TOKEN_MAX) {
    throw new Error(`the token has more than ${TOKEN_MAX} characters: put less into its payload`);
  }
  return token;
}

// The object that a part of a token stands for.
function parse(part) {
  let value;
  try {
    value = JSON.parse(fromBase64url(part));
  } catch {
    // no JSON, or nested too deeply
  }
  if (!isObject(value)) {
    throw new JsonWebTokenError("invalid token");
  }
  return value;
}

// The parts of a token and its header, which nobody has vouched for yet.
function readToken(token) {
  if (typeof token !== "string") {
    throw new JsonWebTokenError(token ? "jwt must be a string" : "jwt must be provided");
  }
  const parts = token.length > TOKEN_MAX ? [] : token.split(".", 4);
  if (parts.length !== 3) {
    throw new JsonWebTokenError("jwt malformed");
  }
  return { header: parse(parts[0]), parts };
}

function checkSignature(header, parts, secret, allowed) {
  const { alg } = header;
  if (!isValid(alg, "algorithm") || (allowed && ![allowed].flat().includes(alg))) {
    throw new JsonWebTokenError("invalid algorithm");
  }
  if (header.crit !== undefined) {
    throw new JsonWebTokenError('the header parameter "crit" is not supported');
  }
  checkSecret(secret, alg, JsonWebTokenError);
  if (!isMac(ALGORITHMS[alg][0], secret, `${parts[0]}.${parts[1]}`, parts[2])) {
    throw new JsonWebTokenError(parts[2] ? "invalid signature" : "jwt signature is required");
  }
}

function expired(message, seconds) {
  return Object.assign(new TokenExpiredError(message), { expiredAt: date(seconds) });
}

function checkTimes(payload, options) {
  const { clockTimestamp: time = now(), clockTolerance = 0, maxAge } = options;
  for (const name of ["nbf", "exp", "iat"]) {
    if (payload[name] !== undefined && !Number.isFinite(payload[name])) {
      throw new JsonWebTokenError(`invalid ${name} value`);
    }
  }
  if (payload.nbf > time + clockTolerance && !options.ignoreNotBefore) {
    throw Object.assign(new NotBeforeError("jwt not active"), { date: date(payload.nbf) });
  }
  if (time >= payload.exp + clockTolerance && !options.ignoreExpiration) {
    throw expired("jwt expired", payload.exp);
  }
  if (maxAge !== undefined) {
    if (payload.iat === undefined) {
      throw new JsonWebTokenError("iat required when maxAge is specified");
    }
    const until = timeAfter(payload.iat, maxAge, "maxAge");
    if (time >= until + clockTolerance) {
      throw expired("maxAge exceeded", until);
    }
  }
}

function checkNames(payload, options) {
  const claimOf = { audience: "aud", issuer: "iss", subject: "sub", jwtid: "jti", nonce: "nonce" };
  for (const option in claimOf) {
    const claim = claimOf[option];
    const expected = options[option];
    if (expected === undefined) {
      continue;
    }
    // Of these claims only an audience may be a list (RFC 7519, section 4.1).
    const values = claim === "aud" ? [payload.aud].flat() : [payload[claim]];
    const found = values.some((value) =>
      [expected].flat().some((one) => (typeof value === "string" && one.test ? one.test(value) : one === value)),
    );
    if (!found) {
      throw new JsonWebTokenError(`jwt ${option} invalid. expected: ${[expected].flat().join(" or ")}`);
    }
  }
}

function checkToken(token, secret, options) {
  checkOptions(options, VERIFY_OPTIONS);
  const { header, parts } = readToken(token);
  checkSignature(header, parts, secret, options.algorithms);
  const payload = parse(parts[1]);
  checkTimes(payload, options);
  checkNames(payload, options);
  return options.complete ? { header, payload, signature: parts[2] } : payload;
}

// sign(payload, secret[, options][, callback]): the token. Throws Error.
export function sign(payload, secret, options, callback) {
  const bare = typeof options === "function";
  return settle(bare ? options : callback, makeToken, payload, secret, bare ? {} : (options ?? {}));
}

// verify(token, secret[, options][, callback]): the payload. Throws JsonWebTokenError and its kin for tokens and
// secrets, Error for options.
export function verify(token, secret, options, callback) {
  const bare = typeof options === "function";
  return settle(bare ? options : callback, checkToken, token, secret, bare ? {} : (options ?? {}));
}

// decode(token[, { complete }]): what the token says, which may be anybody's words; null where it is no token.
export function decode(token, options = {}) {
  try {
    const { header, parts } = readToken(token);
    const payload = parse(parts[1]);
    return options.complete ? { header, payload, signature: parts[2] } : payload;
  } catch {
    return null;
  }
}

export default { decode, sign, verify, JsonWebTokenError, NotBeforeError, TokenExpiredError };
