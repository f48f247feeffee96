// node:path, of the npm package path-unified, whose errors are others.
"use strict";

const { absent, checkString, invalidType } = require("../internal/errors.js");

// The names of each function's arguments that must be texts.
const ARGUMENTS = {
  basename: ["path"],
  dirname: ["path"],
  extname: ["path"],
  isAbsolute: ["path"],
  normalize: ["path"],
  parse: ["path"],
  relative: ["from", "to"],
};

function checked(functions) {
  const result = { ...functions };
  for (const [name, names] of Object.entries(ARGUMENTS)) {
    result[name] = (...args) => {
      names.forEach((one, i) => checkString(args[i], one));
      return functions[name](...args);
    };
  }
  for (const name of ["join", "resolve"]) {
    result[name] = (...args) => {
      for (const arg of args) checkString(arg, "path");
      return functions[name](...args);
    };
  }
  result.format = (given) => {
    if (given === null || typeof given !== "object") throw invalidType("pathObject", "object", given);
    return functions.format(given);
  };
  return result;
}

const posix = checked(require("../node_modules/path-unified/src/posix.js").default);
const win32 = checked(require("../node_modules/path-unified/src/win32.js").default);
for (const one of [posix, win32]) {
  one._makeLong = one.toNamespacedPath;
  one.matchesGlob = absent("path", "matchesGlob", "use the npm package picomatch");
  one.posix = posix;
  one.win32 = win32;
}
module.exports = posix;
