// node:vm: not there.
"use strict";

module.exports = require("../internal/errors.js").absentAll(
  "vm",
  "Script compileFunction createContext isContext measureMemory runInContext runInNewContext runInThisContext",
  "devices have no parser: compile what you run when you build",
);
