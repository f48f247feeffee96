// Packs and unpacks: gzip, zlib, and a zip archive.
import { decompressSync, gzipSync, strFromU8, strToU8, unzipSync, zipSync } from "fflate";

export default {
  async fetch(request) {
    const data = await request.bytes();
    if (new URL(request.url).pathname === "/zip") {
      const archive = zipSync({ "a.txt": data, folder: { "b.txt": strToU8("b") } }, { mtime: "2026-01-02" });
      const files = unzipSync(archive);
      return Response.json(Object.entries(files).map(([name, bytes]) => [name, strFromU8(bytes).length]));
    }
    const packed = gzipSync(data, { level: 9, mtime: 0 });
    return Response.json({ packed: packed.length, same: strFromU8(decompressSync(packed)) === strFromU8(data) });
  },
};

export const requests = [
  { method: "POST", path: "/gzip", body: "edgelet ".repeat(500), answer: { packed: 50, same: true } },
  {
    method: "POST",
    path: "/zip",
    body: "abc",
    answer: [
      ["a.txt", 3],
      ["folder/", 0],
      ["folder/b.txt", 1],
    ],
  },
];
