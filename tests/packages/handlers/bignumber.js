// Decimal numbers of any length.
import BigNumber from "bignumber.js";

export default {
  fetch(request) {
    const { searchParams } = new URL(request.url);
    const [a, b] = ["a", "b"].map((name) => new BigNumber(searchParams.get(name)));
    return Response.json([
      a.plus(b).toString(),
      a.times(b).toFixed(),
      a.div(b).toFixed(5),
      a.pow(30).toFormat(2),
      a.sqrt().toString(),
    ]);
  },
};

export const requests = [
  {
    path: "/?a=0.1&b=0.2",
    answer: ["0.3", "0.02", "0.50000", "0.00", "0.3162277660168379332"],
  },
];
