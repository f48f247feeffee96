// Queries JSON.
import jmespath from "jmespath";

export default {
  async fetch(request) {
    return Response.json(jmespath.search(await request.json(), new URL(request.url).searchParams.get("q")));
  },
};

export const requests = [
  {
    method: "POST",
    path: "/?q=locations[?state%3D%3D'WA'].name%7Csort(@)%7C%7Bcities:join(',%20',@)%7D",
    body:
      '{"locations":[{"name":"Seattle","state":"WA"},{"name":"New York","state":"NY"},' +
      '{"name":"Olympia","state":"WA"}]}',
    answer: { cities: "Olympia, Seattle" },
  },
];
