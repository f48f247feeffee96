// node:http: requests by fetch, and the messages of servers; a function is asked by its handler.
"use strict";

const { absentAll } = require("../internal/errors.js");
const all = require("../internal/http.js");

const METHODS = (
  "ACL BIND CHECKOUT CONNECT COPY DELETE GET HEAD LINK LOCK M-SEARCH MERGE MKACTIVITY MKCALENDAR MKCOL MOVE NOTIFY OPTIONS " +
  "PATCH POST PROPFIND PROPPATCH PURGE PUT QUERY REBIND REPORT SEARCH SOURCE SUBSCRIBE TRACE UNBIND UNLINK UNLOCK UNSUBSCRIBE"
).split(" ");

const { client, ...messages } = all;

module.exports = {
  ...messages,
  METHODS,
  STATUS_CODES: require("../internal/statuses.js"),
  globalAgent: new all.Agent(),
  maxHeaderSize: 16384,
  ...client("http:"),
  ...absentAll("http", "Server createServer", "export a handler; the npm package serverless-http makes one of an application"),
  setMaxIdleHTTPParsers() {},
};
