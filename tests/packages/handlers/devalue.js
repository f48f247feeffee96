// JSON with repeated references, dates and maps.
import { parse, stringify, uneval } from "devalue";

const shared = { a: 1 };
const value = { first: shared, second: shared, at: new Date(0), map: new Map([[1, "é"]]) };
value.self = value;
export default {
  fetch() {
    const text = stringify(value);
    const back = parse(text);
    return Response.json({
      text,
      same: back.first === back.second && back.self === back,
      code: uneval([1, "</script>", undefined]),
    });
  },
};

const text =
  '[{"first":1,"second":1,"at":3,"map":4,"self":0},{"a":2},1,["Date","1970-01-01T00:00:00.000Z"],["Map",2,5],"é"]';
const code = '[1,"\\u003C/script>",void 0]';
export const requests = [{ path: "/", answer: { text, same: true, code } }];
