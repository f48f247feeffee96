// JSON with dates, sets and maps.
import superjson from "superjson";

const value = { at: new Date(0), seen: new Set([1, 2]), big: 10n ** 20n, none: undefined, map: new Map([["a", /x/g]]) };
export default {
  async fetch(request) {
    if (request.method === "GET") return new Response(superjson.stringify(value));
    const read = superjson.parse(await request.text());
    return Response.json([read.at.getTime(), [...read.seen], String(read.big), "none" in read, `${read.map.get("a")}`]);
  },
};

const text =
  '{"json":{"at":"1970-01-01T00:00:00.000Z","seen":[1,2],"big":"100000000000000000000","none":null,' +
  '"map":[["a","/x/g"]]},' +
  '"meta":{"values":{"at":["Date"],"seen":["set"],"big":["bigint"],"none":["undefined"],' +
  '"map":["map",{"0.1":["regexp"]}]},"v":1}}';
export const requests = [
  { path: "/", answer: text },
  { method: "POST", path: "/", body: text, answer: [0, [1, 2], "100000000000000000000", true, "/x/g"] },
];
