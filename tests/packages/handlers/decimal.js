// Decimal numbers with functions of higher mathematics.
import Decimal from "decimal.js";

export default {
  fetch(request) {
    const x = new Decimal(new URL(request.url).searchParams.get("x"));
    const precise = Decimal.clone({ precision: 40 });
    return Response.json([
      x.plus("0.2").toString(),
      precise.exp(1).toString(),
      precise.sin(x).toFixed(20),
      x.toFraction().join("/"),
    ]);
  },
};

export const requests = [
  {
    // e is OEIS' A001113; the sine is bc's.
    path: "/?x=0.1",
    answer: ["0.3", "2.718281828459045235360287471352662497757", "0.09983341664682815231", "1/10"],
  },
];
