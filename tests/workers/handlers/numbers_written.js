// Numbers as text, where locales do not matter.
//> GET /
export default {
  fetch() {
    const numbers = [0, -0, 0.1 + 0.2, 1e21, 1e-7, 123456.789, 5e-324, 2 ** 53, -1.005, Infinity, NaN];
    return Response.json(
      numbers.map((n) => [
        String(n),
        Number.isSafeInteger(n) && n.toString(36),
        n.toFixed(2),
        n.toExponential(3),
        n.toPrecision(5),
      ]),
    );
  },
};
