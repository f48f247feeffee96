// What all of Intl here has: one locale, and words for what is not there. Made for bundles that name Intl, or give
// toLocaleString and its kin a locale or options; what a bundle does not name of it is left out.
const LOCALE = "en-US";
const ENGLISH = /^en(?:-Latn)?(?:-US)?(?:-[a-wyz0-9]-.+)?$/i;
const TAG = /^(?:[a-z]{2,3}|[a-z]{5,8})(?:-[a-z0-9]{1,8})*$/i;

export const lack = (what) => {
  throw new TypeError(`Intl has en-US and UTC here, and not ${what}: bring what formats it in your bundle`);
};

const canonical = (tag) => {
  if (typeof tag !== "string" && (typeof tag !== "object" || tag === null)) {
    throw new TypeError("Incorrect locale information provided");
  }
  const text = `${tag}`;
  if (!TAG.test(text)) {
    throw new RangeError(`Incorrect locale information provided: ${text}`);
  }
  let single = false;
  const parts = text.toLowerCase().split("-").map((part, at) => {
    single ||= at > 0 && part.length === 1;
    if (at === 0 || single) return part;
    if (part.length === 4 && !/^\d/.test(part)) return part[0].toUpperCase() + part.slice(1);
    return part.length === 2 ? part.toUpperCase() : part;
  });
  return parts.join("-");
};

export const getCanonicalLocales = (locales) => {
  if (locales === undefined) return [];
  if (locales === null) throw new TypeError("Incorrect locale information provided");
  return [...new Set((typeof locales === "string" ? [locales] : Array.from(locales)).map(canonical))];
};

export const supported = (locales) => getCanonicalLocales(locales).filter((tag) => ENGLISH.test(tag));

// The locale that counts; a TypeError where others only are asked for.
export const localeOf = (locales) => {
  const asked = getCanonicalLocales(locales);
  const found = asked.find((tag) => ENGLISH.test(tag));
  if (asked.length > 0 && found === undefined) lack(asked[0]);
  const calendar = /-u-.*\b(?:nu|ca)-(?!latn|gregory)(\w+)/.exec(found ?? "");
  if (calendar) lack(calendar[1]);
  return found ?? LOCALE;
};

export const optionsOf = (options) => {
  if (options === null) throw new TypeError("Cannot convert undefined or null to object");
  return options === undefined ? {} : Object(options);
};

// One of the values that an option may have.
export const choice = (options, name, values, fallback) => {
  const value = options[name];
  if (value === undefined) return fallback;
  if (!values.includes(`${value}`)) {
    throw new RangeError(`Value ${value} out of range for Intl options property ${name}`);
  }
  return `${value}`;
};

export const count = (options, name, least, most, fallback) => {
  if (options[name] === undefined) return fallback;
  const value = Number(options[name]);
  if (!(value >= least && value <= most)) throw new RangeError(`${name} value is out of range.`);
  return Math.floor(value);
};

// A class of Intl, which those of the first edition may be called without `new`.
export const named = (name, made, mayBeCalled = false) => {
  Object.defineProperty(made.prototype, Symbol.toStringTag, { value: `Intl.${name}`, configurable: true });
  Object.defineProperty(made, "supportedLocalesOf", { value: supported, writable: true, configurable: true });
  if (!mayBeCalled) return made;
  const callable = new Proxy(made, { apply: (target, _, given) => new target(...given) });
  Object.defineProperty(made.prototype, "constructor", { value: callable, writable: true, configurable: true });
  return callable;
};

export const absent = (name) => function () {
  lack(name);
};
