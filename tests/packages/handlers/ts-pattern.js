// Matches values by their shapes.
import { match, P } from "ts-pattern";

export default {
  async fetch(request) {
    const text = match(await request.json())
      .with({ type: "circle", r: P.number.gt(0) }, ({ r }) => `circle ${r}`)
      .with({ type: P.union("box", "square"), sides: [P.number, P.select()] }, (side) => `second side ${side}`)
      .otherwise(() => "unknown");
    return new Response(text);
  },
};

export const requests = [
  { method: "POST", path: "/", body: '{"type":"circle","r":2}', answer: "circle 2" },
  { method: "POST", path: "/", body: '{"type":"box","sides":[1,3]}', answer: "second side 3" },
  { method: "POST", path: "/", body: '{"type":"circle","r":0}', answer: "unknown" },
];
