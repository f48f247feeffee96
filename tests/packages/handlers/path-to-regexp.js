// Paths with parameters, both ways.
import { compile, match } from "path-to-regexp";

const find = match("/users/:id{/posts/*rest}");
const make = compile("/users/:id{/posts/*rest}");
export default {
  fetch(request) {
    const found = find(new URL(request.url).pathname);
    if (!found) return new Response("no match", { status: 404 });
    return Response.json({ params: found.params, path: make(found.params) });
  },
};

export const requests = [
  {
    path: "/users/a%20b/posts/1/2",
    answer: { params: { id: "a b", rest: ["1", "2"] }, path: "/users/a%20b/posts/1/2" },
  },
  { path: "/users/7", answer: { params: { id: "7" }, path: "/users/7" } },
  { path: "/user", status: 404, answer: "no match" },
];
