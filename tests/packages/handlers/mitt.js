// Events inside a program.
import mitt from "mitt";

export default {
  fetch(request) {
    const seen = [];
    const bus = mitt();
    bus.on("*", (type, value) => seen.push([type, value]));
    bus.on("a", (value) => value > 0 && bus.emit("b", value - 1));
    bus.emit("a", Number(new URL(request.url).searchParams.get("n")));
    return Response.json(seen);
  },
};

export const requests = [
  {
    path: "/?n=1",
    answer: [
      ["b", 0],
      ["a", 1],
    ],
  },
];
