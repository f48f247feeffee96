// node:fs: files are not a function's to read.
"use strict";

const { absentAll } = require("../internal/errors.js");

const WAY =
  "import the file, which makes it part of the bundle (.json, .txt, .html, .sql or .bin), or fetch it from the " +
  "function's static files; keep what changes in KV";
const PROMISED =
  "access appendFile chmod chown copyFile cp lchmod lchown link lstat lutimes mkdir mkdtemp open opendir readFile readdir " +
  "readlink realpath rename rm rmdir stat statfs symlink truncate unlink utimes watch writeFile";
const OTHERS =
  "close createReadStream createWriteStream exists fchmod fchown fdatasync fstat fsync ftruncate futimes openAsBlob read " +
  "readv unwatchFile watchFile write writev Dir Dirent ReadStream Stats WriteStream FileReadStream FileWriteStream";
const SYNC =
  "accessSync appendFileSync chmodSync chownSync closeSync copyFileSync cpSync existsSync fchmodSync fchownSync " +
  "fdatasyncSync fstatSync fsyncSync ftruncateSync futimesSync lchmodSync lchownSync linkSync lstatSync lutimesSync " +
  "mkdirSync mkdtempSync openSync opendirSync readFileSync readSync readdirSync readlinkSync readvSync realpathSync " +
  "renameSync rmSync rmdirSync statSync statfsSync symlinkSync truncateSync unlinkSync utimesSync writeFileSync " +
  "writeSync writevSync";
const constants = { F_OK: 0, R_OK: 4, W_OK: 2, X_OK: 1, O_RDONLY: 0, O_WRONLY: 1, O_RDWR: 2, O_CREAT: 64, O_EXCL: 128 };

const { F_OK, R_OK, W_OK, X_OK } = constants;

module.exports = {
  F_OK,
  R_OK,
  W_OK,
  X_OK,
  constants,
  promises: { constants, ...absentAll("fs/promises", PROMISED, WAY) },
  ...absentAll("fs", `${PROMISED} ${OTHERS} ${SYNC}`, WAY),
};
