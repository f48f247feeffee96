import path, { posix, win32 } from "node:path";
import * as strictPosix from "node:path/posix";
import * as strictWin32 from "node:path/win32";

const PATHS = ["/a/b/../c.txt", "a//b/./c", "", ".", "..", "/", "../x/../y", "C:\\a\\..\\b.txt", "\\\\srv\\share\\x", "a/b.tar.gz", ".bashrc", "x."];

export default function ({ is, throws }) {
  for (const [name, kind] of [["posix", posix], ["win32", win32]]) {
    for (const method of ["normalize", "dirname", "basename", "extname", "isAbsolute", "parse"]) {
      is(`${name}.${method}`, PATHS.map((one) => kind[method](one)));
    }
    is(`${name}.join`, [kind.join("/a", "..", "b", "./c"), kind.join(), kind.join("", ""), kind.join("a", "../../..")]);
    is(`${name}.relative`, [kind.relative("/a/b/c", "/a/d"), kind.relative("/a", "/a"), kind.relative("/a/b", "/a/b/c/d")]);
    is(`${name}.resolve`, [kind.resolve("/a", "b", "../c"), kind.resolve("/a", "/b")]);
    is(`${name}.format`, [kind.format({ dir: "/x", base: "y.z" }), kind.format({ root: "/", name: "a", ext: ".b" })]);
    is(`${name}.sep`, [kind.sep, kind.delimiter]);
    is(`${name}.toNamespacedPath`, kind.toNamespacedPath("/a"));
    is(`${name}.basename suffix`, [kind.basename("/a/b.html", ".html"), kind.basename("b", "b"), kind.basename("aaa", "a")]);
    throws(`${name} of a number`, () => kind.join("a", 5));
    throws(`${name} of nothing`, () => kind.dirname());
    throws(`${name}.format of text`, () => kind.format("a"));
  }
  is("same", [path === posix, path.posix === posix, path.win32 === win32, posix.win32 === win32]);
  is("subpaths", [strictPosix.default === posix, strictWin32.default === win32]);
}
