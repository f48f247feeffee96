// Objects that are streams where a bundle has node:stream, and need not bring it along: it is most of a board's memory.
"use strict";

let Transform;
const classes = [];

function become({ prototype }) {
  Object.setPrototypeOf(prototype, Transform.prototype);
  for (const name of Object.keys(METHODS)) delete prototype[name];
  // As Node.js' own LazyTransform: most hashes are never used as a stream.
  for (const name of ["_readableState", "_writableState"]) {
    Object.defineProperty(prototype, name, {
      get() {
        Reflect.apply(Transform, this, [this._options]);
        return this[name];
      },
      set(value) {
        Object.defineProperty(this, name, { value, configurable: true, enumerable: true, writable: true });
      },
      configurable: true,
    });
  }
}

const METHODS = Object.fromEntries(
  ["end", "on", "once", "pipe", "read", "write"].map((name) => [
    name,
    function () {
      throw new Error(`${this.constructor.name} is a stream where the bundle has node:stream: import that, too`);
    },
  ]),
);

// Has a class inherit from Transform as soon as there is one; its objects have their options in _options.
exports.inherit = (made) => {
  Object.assign(made.prototype, METHODS);
  classes.push(made);
  if (Transform) become(made);
};

// node:stream is there.
exports.provide = (given) => {
  Transform = given;
  classes.forEach(become);
};
