module.exports = { ...require("./os.js").constants.signals };
