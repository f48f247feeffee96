// Stands for the files that node:fs reads where none come along.
module.exports = null;
