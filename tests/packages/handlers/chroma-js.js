// Colours, and the scale between them.
import chroma from "chroma-js";

export default {
  fetch(request) {
    const { searchParams } = new URL(request.url);
    const colour = chroma(searchParams.get("c"));
    return Response.json({
      hsl: colour.hsl().map((n) => Math.round(n * 100) / 100),
      darker: colour.darken().hex(),
      scale: chroma.scale(["yellow", "008ae5"]).colors(3),
      contrast: Math.round(chroma.contrast(colour, "white") * 10) / 10,
    });
  },
};

export const requests = [
  {
    path: "/?c=hotpink",
    answer: { hsl: [330, 1, 0.71, 1], darker: "#c93384", scale: ["#ffff00", "#80c573", "#008ae5"], contrast: 2.6 },
  },
];
