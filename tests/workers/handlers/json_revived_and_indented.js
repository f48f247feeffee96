// The second and third argument of JSON's functions.
//> POST / {"body": "{\"when\": \"2020-01-02T03:04:05.678Z\", \"n\": [1, 2]}"}
export default {
  async fetch(request) {
    const data = JSON.parse(await request.text(), (key, value) => (key === "when" ? new Date(value) : value));
    return new Response(JSON.stringify({ year: data.when.getUTCFullYear(), ...data }, ["year", "when", "n"], 2));
  },
};
