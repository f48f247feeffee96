// node:punycode, of the npm package of that name.
module.exports = require("../vendor/punycode/punycode.js");
