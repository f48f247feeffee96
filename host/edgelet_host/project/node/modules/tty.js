// node:tty: a function has no terminal.
"use strict";

const { absentAll } = require("../internal/errors.js");

module.exports = { isatty: () => false, ...absentAll("tty", "ReadStream WriteStream", "a function has no terminal") };
