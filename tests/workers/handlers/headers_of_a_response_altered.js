// A response's headers are changed in a copy.
//> GET /
export default {
  fetch() {
    const first = new Response("hello", { status: 201, statusText: "Made", headers: { "x-old": "1", "x-gone": "2" } });
    const second = new Response(first.body, first);
    second.headers.set("x-new", "3");
    second.headers.append("x-old", "4");
    second.headers.delete("X-Gone");
    return second;
  },
};
