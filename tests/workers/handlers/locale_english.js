// Numbers and dates as texts for people, in the locale that counts where none is given.
//> GET /
const numbers = [
  0, -0, 1, -1, 12, 999, 1000, -1000, 12345.678, 1234567.891, 999999.9994, 999999.9995, 999.9999, 0.1, 0.0004, 0.0005, 0.0015,
  -0.0004, 0.0625, 1.0005, 2.5555, 1e15, 123456789012345680000, 1e21, 1.5e21, 1.7976931348623157e308, 5e-324, 1e-7,
  NaN, Infinity, -Infinity, 2 ** 53, 0.9995, 9.9995, 99999.5, 1.005, 8.345, 1.0045,
];
const times = [0, 1e12, 1e12 + 9.5 * 36e5, 951782399999, 1700000000000, 253402300799999, Date.UTC(2026, 10, 22, 12), -1, NaN];

export default {
  fetch() {
    return Response.json([
      numbers.map((number) => number.toLocaleString()),
      numbers.map((number) => number.toLocaleString("en-US")),
      [0n, -1n, 999n, 1000n, -123456789012345678901234567890n].map((number) => number.toLocaleString()),
      times.map((time) => [
        new Date(time).toLocaleString(),
        new Date(time).toLocaleDateString("en-US"),
        new Date(time).toLocaleTimeString("en"),
      ]),
      [1234.5, "text", null, [5678n], new Date(0)].toLocaleString(),
      new Float64Array([1234.5]).toLocaleString(),
      new Number(4321).toLocaleString(),
      ["i".toLocaleUpperCase("en"), "I".toLocaleLowerCase("de-CH"), "\u00df".toLocaleUpperCase()],
    ]);
  },
};
