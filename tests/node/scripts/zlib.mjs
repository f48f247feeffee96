import zlib from "node:zlib";
import { promisify } from "node:util";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";

const TEXT = "hello hello hello ".repeat(50);

export default async function ({ is, throws, rejects }) {
  for (const [pack, unpack] of [["gzip", "gunzip"], ["deflate", "inflate"], ["deflateRaw", "inflateRaw"]]) {
    const packed = zlib[`${pack}Sync`](TEXT);
    is(`${pack}Sync`, [Buffer.isBuffer(packed), packed.length < 100, zlib[`${unpack}Sync`](packed).toString() === TEXT]);
    is(`${pack} empty`, zlib[`${unpack}Sync`](zlib[`${pack}Sync`]("")).length);
    is(pack, (await promisify(zlib[unpack])(await promisify(zlib[pack])(Buffer.from(TEXT)))).toString() === TEXT);
    const streamed = await buffer(Readable.from([TEXT.slice(0, 100), TEXT.slice(100)]).pipe(zlib[`create${pack[0].toUpperCase()}${pack.slice(1)}`]()));
    is(`create ${pack}`, zlib[`${unpack}Sync`](streamed).toString() === TEXT);
    is(`create ${unpack}`, String(await buffer(Readable.from([packed.subarray(0, 5), packed.subarray(5)]).pipe(zlib[`create${unpack[0].toUpperCase()}${unpack.slice(1)}`]()))) === TEXT);
    throws(`${unpack}Sync of rubbish`, () => zlib[`${unpack}Sync`](Buffer.from([9, 9, 9, 9, 9])));
    throws(`${unpack}Sync cut off`, () => zlib[`${unpack}Sync`](packed.subarray(0, packed.length - 6)));
    await rejects(`${unpack} of rubbish`, promisify(zlib[unpack])(Buffer.from([9, 9, 9, 9, 9])));
  }
  is("known bytes", [zlib.inflateSync(Buffer.from("eJzLSM3JyQcABiwCFQ==", "base64")).toString(), zlib.deflateSync("abc").toString("hex"), zlib.deflateRawSync("abc", { level: 0 }).toString("hex")]);
  is("levels", [1, 6, 9].map((level) => zlib.inflateSync(zlib.deflateSync(TEXT, { level })).length));
  throws("bad level", () => zlib.gzipSync("a", { level: 99 }));
  throws("bad input", () => zlib.gzipSync(5));
  throws("no callback", () => zlib.gzip("a"));
  throws("maxOutputLength", () => zlib.gunzipSync(zlib.gzipSync(TEXT), { maxOutputLength: 10 }));
  is("members", zlib.gunzipSync(Buffer.concat([zlib.gzipSync("a"), zlib.gzipSync("b")])).toString());
  is("trailing garbage", zlib.gunzipSync(Buffer.concat([zlib.gzipSync("a"), Buffer.alloc(10)])).toString());
  is("unzip", [zlib.unzipSync(zlib.gzipSync("g")).toString(), zlib.unzipSync(zlib.deflateSync("d")).toString()]);
  is("of views", zlib.gunzipSync(new Uint8Array(zlib.gzipSync(new Uint16Array([65, 66])))).toString("hex"));
  is("constants", [zlib.constants.Z_BEST_COMPRESSION, zlib.constants.Z_SYNC_FLUSH, zlib.constants.Z_BUF_ERROR]);
  is("with the web's", await new Response(new Blob([zlib.gzipSync("web")]).stream().pipeThrough(new DecompressionStream("gzip"))).text());
  is("large", zlib.gunzipSync(zlib.gzipSync(Buffer.alloc(300000, "xyz"))).length);
}
