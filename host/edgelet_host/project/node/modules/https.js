// node:https: requests by fetch.
"use strict";

const { absentAll } = require("../internal/errors.js");
const { Agent: HttpAgent, client } = require("../internal/http.js");

function Agent(options) {
  if (!(this instanceof Agent)) return new Agent(options);
  HttpAgent.call(this, options);
  this.defaultPort = 443;
  this.protocol = "https:";
}
Object.setPrototypeOf(Agent, HttpAgent);
Object.setPrototypeOf(Agent.prototype, HttpAgent.prototype);

module.exports = {
  Agent,
  globalAgent: new Agent(),
  ...client("https:"),
  ...absentAll("https", "Server createServer", "put a proxy before the device; see docs/architecture.md"),
};
