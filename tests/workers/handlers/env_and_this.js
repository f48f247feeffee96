// The handler is a method of what is exported.
//> GET /
const handler = {
  greeting: "hi",
  fetch(request, env, ctx) {
    return Response.json([this.greeting, this === handler, arguments.length, typeof ctx]);
  },
};
export default handler;
