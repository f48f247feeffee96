// Dates as text, in UTC.
//> GET /
export default {
  fetch() {
    const dates = [0, -1, 1e12, 951782400000, 253402300799999, 8.64e15, NaN].map((ms) => new Date(ms));
    return Response.json(
      dates.map((date) => [
        date.toJSON(),
        date.toUTCString(),
        String(date).replace(/ \(.*/, ""),
        date.getTimezoneOffset(),
        date.getDay(),
      ]),
    );
  },
};
