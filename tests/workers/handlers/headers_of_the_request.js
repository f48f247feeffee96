// What a request brings.
//> GET / {"headers": {"X-One": "1", "x-two": " 2 ", "Accept": "text/html", "user-agent": "test/1"}}
//> GET / {"headers": {"accept-language": "de, en;q=0.5"}}
export default {
  fetch({ headers }) {
    const names = ["x-one", "X-TWO", "accept", "user-agent", "accept-language", "host", "x-none"];
    return Response.json(names.map((name) => [name, headers.get(name), headers.has(name)]));
  },
};
