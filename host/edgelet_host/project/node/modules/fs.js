// node:fs: a function's static files, which come along with a bundle of which a file of the project itself imports this
// (project/nodejs.py, file_module). Where none do, and for all that writes or needs descriptors: what to do instead.
"use strict";

const files = require("edgelet:files");
const { abortError, absentAll, checkFunction, checkInteger, invalidType, invalidValue, withCode } = require("../internal/errors.js");

const WAY =
  "import the file, which makes it part of the bundle (.json, .txt, .html, .sql or .bin), fetch it from the function's " +
  "static files, or import node:fs in a file of your own, which brings the static files along; keep what changes in KV";
const READ = "access lstat readFile readdir realpath stat";
const PROMISED =
  "appendFile chmod chown copyFile cp lchmod lchown link lutimes mkdir mkdtemp open opendir readlink rename rm rmdir " +
  "statfs symlink truncate unlink utimes watch writeFile";
const OTHERS =
  "close createReadStream createWriteStream fchmod fchown fdatasync fstat fsync ftruncate futimes openAsBlob read " +
  "readv unwatchFile watchFile write writev Dir ReadStream FileReadStream FileWriteStream WriteStream";
const SYNC =
  "appendFileSync chmodSync chownSync closeSync copyFileSync cpSync fchmodSync fchownSync " +
  "fdatasyncSync fstatSync fsyncSync ftruncateSync futimesSync lchmodSync lchownSync linkSync lutimesSync " +
  "mkdirSync mkdtempSync openSync opendirSync readSync readlinkSync readvSync " +
  "renameSync rmSync rmdirSync statfsSync symlinkSync truncateSync unlinkSync utimesSync writeFileSync " +
  "writeSync writevSync";
const constants = {
  F_OK: 0, R_OK: 4, W_OK: 2, X_OK: 1, O_RDONLY: 0, O_WRONLY: 1, O_RDWR: 2, O_CREAT: 64, O_EXCL: 128,
  S_IFMT: 0o170000, S_IFREG: 0o100000, S_IFDIR: 0o40000,
};
const { F_OK, R_OK, W_OK, X_OK } = constants;

// errno of Linux, and what libuv says.
const FAILURES = {
  ENOENT: [-2, "no such file or directory"],
  EACCES: [-13, "permission denied"],
  ENOTDIR: [-20, "not a directory"],
  EISDIR: [-21, "illegal operation on a directory"],
  EROFS: [-30, "read-only file system"],
};

function failure(code, syscall, path) {
  const [errno, text] = FAILURES[code];
  const error = new Error(`${code}: ${text}, ${syscall}${path === undefined ? "" : ` '${path}'`}`);
  Object.assign(error, { errno, code, syscall });
  if (path !== undefined) error.path = path;
  return error;
}

const folders = new Set(["/"]);
for (const path of Object.keys(files ?? {})) {
  for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) folders.add(path.slice(0, end));
}

function pathOf(given) {
  if (given instanceof URL) {
    if (given.protocol !== "file:") throw withCode(TypeError, "ERR_INVALID_URL_SCHEME", "The URL must be of scheme file");
    if (given.hostname !== "") {
      throw withCode(TypeError, "ERR_INVALID_FILE_URL_HOST", 'File URL host must be "localhost" or empty on linux');
    }
    if (/%2f/i.test(given.pathname)) {
      throw withCode(TypeError, "ERR_INVALID_FILE_URL_PATH", "File URL path must not include encoded / characters");
    }
    return checkedPath(decodeURIComponent(given.pathname));
  }
  if (typeof given !== "string" && !(given instanceof Uint8Array)) {
    throw invalidType("path", ["string", "Buffer", "URL"], given);
  }
  return checkedPath(typeof given === "string" ? given : Buffer.from(given).toString());
}

function checkedPath(path) {
  if (path.includes("\0")) throw invalidValue("path", path, "must be a string, Uint8Array, or URL without null bytes");
  return path;
}

// The place of a file or folder, from the root: relative paths begin there, too.
function find(path, syscall) {
  if (path === "") throw failure("ENOENT", syscall, path);
  let place = "/";
  for (const part of path.split("/")) {
    if (!folders.has(place)) throw failure("ENOTDIR", syscall, path);
    if (part === "..") place = place.slice(0, place.lastIndexOf("/")) || "/";
    else if (part !== "" && part !== ".") place += (place === "/" ? "" : "/") + part;
    if (!folders.has(place) && !Object.hasOwn(files, place)) throw failure("ENOENT", syscall, path);
  }
  return place;
}

function optionsOf(given) {
  const options = typeof given === "string" ? { encoding: given } : (given ?? {});
  if (typeof options !== "object") throw invalidType("options", ["string", "Object"], given);
  const { encoding, signal } = options;
  if (encoding && encoding !== "buffer" && !Buffer.isEncoding(encoding)) {
    throw invalidValue("encoding", encoding, "is invalid encoding");
  }
  const isSignal = signal !== null && typeof signal === "object" && "aborted" in signal;
  if (signal !== undefined && !isSignal) throw invalidType("options.signal", "AbortSignal", signal);
  return options;
}

const encodingOf = (given) => optionsOf(given).encoding || null;

const READS = new Set(["r", "rs", "sr"]);
const WRITES = new Set("r+ rs+ sr+ w wx xw w+ wx+ xw+ a ax xa as sa a+ ax+ xa+ as+ sa+".split(" "));

// What a file is opened for: nothing is written here.
function checkFlag(flag, name, path) {
  if (typeof flag === "number") checkInteger(flag, name, -(2 ** 31), 2 ** 31 - 1);
  else if (flag != null && !READS.has(flag) && !WRITES.has(flag)) throw invalidValue(name, flag);
  if (WRITES.has(flag) || (typeof flag === "number" && flag & 3)) throw failure("EROFS", "open", path);
}

function bytesOf(content) {
  return typeof content === "string" ? Buffer.from(content) : Buffer.from(content[0], "base64");
}

function readFileSync(given, options) {
  const encoding = encodingOf(options);
  const path = pathOf(given);
  checkFlag(options?.flag, "flags", path);
  const place = find(path, "open");
  if (folders.has(place)) throw failure("EISDIR", "read");
  const content = files[place];
  if (typeof content === "string" && /^utf-?8$/i.test(encoding ?? "")) return content;
  const bytes = bytesOf(content);
  return encoding == null ? bytes : bytes.toString(encoding);
}

class Stats {
  constructor(mode, size, number) {
    Object.assign(this, { dev: number(0), mode: number(mode), nlink: number(1), uid: number(0), gid: number(0) });
    Object.assign(this, { rdev: number(0), blksize: number(4096), ino: number(0), size: number(size) });
    this.blocks = number(Math.ceil(size / 512));
    for (const name of ["atime", "mtime", "ctime", "birthtime"]) {
      this[`${name}Ms`] = number(0);
      this[name] = new Date(0);
    }
  }
}

class Dirent {
  constructor(name, parentPath, isFolder) {
    this.name = name;
    this.parentPath = parentPath;
    this.path = parentPath;
    Object.defineProperty(this, "mode", { value: isFolder ? constants.S_IFDIR : constants.S_IFREG });
  }
}

for (const Class of [Stats, Dirent]) {
  Class.prototype.isFile = function isFile() {
    return (Number(this.mode) & constants.S_IFMT) === constants.S_IFREG;
  };
  Class.prototype.isDirectory = function isDirectory() {
    return (Number(this.mode) & constants.S_IFMT) === constants.S_IFDIR;
  };
  for (const name of ["isSymbolicLink", "isFIFO", "isSocket", "isBlockDevice", "isCharacterDevice"]) {
    Class.prototype[name] = () => false;
  }
}

function status(syscall, given, options) {
  const path = pathOf(given);
  const number = options?.bigint ? BigInt : Number;
  try {
    const place = find(path, syscall);
    if (folders.has(place)) return new Stats(constants.S_IFDIR | 0o555, 0, number);
    return new Stats(constants.S_IFREG | 0o444, bytesOf(files[place]).length, number);
  } catch (error) {
    if (options?.throwIfNoEntry === false && error.code === "ENOENT") return undefined;
    throw error;
  }
}

function accessSync(given, mode = F_OK) {
  const path = pathOf(given);
  const place = find(path, "access");
  if (mode & W_OK) throw failure("EROFS", "access", path);
  if (mode & X_OK && !folders.has(place)) throw failure("EACCES", "access", path);
}

function entriesOf(folder) {
  const start = folder === "/" ? "/" : `${folder}/`;
  const found = [...folders, ...Object.keys(files)].filter((path) => path !== "/" && path.startsWith(start));
  return found.map((path) => path.slice(start.length)).filter((name) => !name.includes("/")).sort();
}

function readdirSync(given, options) {
  const encoding = encodingOf(options);
  const path = pathOf(given);
  const top = find(path, "scandir");
  if (!folders.has(top)) throw failure("ENOTDIR", "scandir", path);
  const found = [];
  const queue = [""];
  for (const below of queue) {
    const folder = (top === "/" ? "" : top) + below;
    for (const name of entriesOf(folder || "/")) {
      const isFolder = folders.has(`${folder}/${name}`);
      if (isFolder && options?.recursive) queue.push(`${below}/${name}`);
      if (options?.withFileTypes) found.push(new Dirent(name, path.replace(/\/$/, "") + below || "/", isFolder));
      else found.push(shownName(`${below}/${name}`.slice(1), encoding));
    }
  }
  return found;
}

function shownName(name, encoding) {
  if (encoding === "buffer") return Buffer.from(name);
  return encoding == null || /^utf-?8$/i.test(encoding) ? name : Buffer.from(name).toString(encoding);
}

function realpathSync(given, options) {
  return shownName(find(`/${pathOf(given)}`.replace(/^\/+/, "/"), "lstat"), encodingOf(options));
}

realpathSync.native = function (given, options) {
  return shownName(find(pathOf(given), "realpath"), encodingOf(options));
};

function existsSync(path) {
  try {
    accessSync(path);
    return true;
  } catch {
    return false;
  }
}

const reading = {
  accessSync,
  existsSync,
  lstatSync: (path, options) => status("lstat", path, options),
  readFileSync,
  readdirSync,
  realpathSync,
  statSync: (path, options) => status("stat", path, options),
};

// Behind what is due in this turn, as what waits for a disk. A module's top level has no timers; and those of node:timers
// are left out, for their size.
function afterwards(action) {
  try {
    globalThis.setTimeout(action, 0);
  } catch {
    queueMicrotask(action);
  }
}

const aborted = (options) => (options?.signal?.aborted ? abortError(options.signal.reason) : undefined);

// As a function that calls back: arguments are looked at, at once, and what becomes of it comes later.
function calling(name) {
  const action = reading[`${name}Sync`];
  return {
    [name](path, ...rest) {
      const callback = rest.pop();
      checkFunction(callback, "cb");
      const options = name === "readFile" ? optionsOf(rest[0]) : undefined;
      if (aborted(options)) {
        callback(aborted(options));
        return;
      }
      let answer;
      try {
        const found = action(path, ...rest);
        answer = () => (found === undefined ? callback(null) : callback(null, found));
      } catch (error) {
        if (!error.errno) throw error;
        answer = () => callback(error);
      }
      afterwards(() => (aborted(options) ? callback(aborted(options)) : answer()));
    },
  }[name];
}

function promising(name) {
  const action = reading[`${name}Sync`];
  return {
    async [name](...given) {
      const error = name === "readFile" ? aborted(optionsOf(given[1])) : undefined;
      if (error) throw error;
      return action(...given);
    },
  }[name];
}

function exists(path, callback) {
  checkFunction(callback, "cb");
  const found = existsSync(path);
  afterwards(() => callback(found));
}

const READING = READ.split(" ");
const all = (made) => Object.fromEntries(READING.map((name) => [name, made(name)]));
const none = (module, names) => absentAll(module, names, WAY);

module.exports = {
  F_OK,
  R_OK,
  W_OK,
  X_OK,
  constants,
  ...(files
    ? { ...reading, ...all(calling), exists, Stats, Dirent }
    : none("fs", `${READ} exists ${Object.keys(reading).join(" ")} Stats Dirent`)),
  promises: {
    constants,
    ...(files ? all(promising) : none("fs/promises", READ)),
    ...none("fs/promises", PROMISED),
  },
  ...none("fs", `${PROMISED} ${OTHERS} ${SYNC}`),
};
