// Text as dates.
//> GET /
export default {
  fetch() {
    const texts = [
      "2020-01-02",
      "2020-01-02T03:04:05",
      "2020-01-02T03:04:05.678Z",
      "2020-01-02T03:04+02:00",
      "+012345-01-01T00:00:00Z",
      "2020",
      "2020-02",
      "Thu, 02 Jan 2020 03:04:05 GMT",
      "Thu Jan 02 2020 03:04:05 GMT+0100",
      "Jan 2, 2020",
      "2 January 2020 10:00 UTC",
      "2020-13-01",
      "2020-02-30T00:00:00Z",
      "",
      "nonsense",
      "2020-01-02T25:00:00Z",
    ];
    return Response.json([
      texts.map((text) => Date.parse(text)),
      Date.UTC(2020, 1, 30, 25),
      new Date(2020, 0, 1, 0, 0, 0).toISOString(),
      new Date(99, 0).getFullYear(),
    ]);
  },
};
