// A chain of middleware around handlers.
//> GET /a
//> GET /fails
//> GET /none
const timing = async (context, next) => {
  const response = await next();
  response.headers.set("x-order", [...context.order, "timing"].join());
  return response;
};
const guard = async (context, next) => {
  context.order.push("guard");
  try {
    return await next();
  } catch (error) {
    return new Response(error.message, { status: 500 });
  }
};
const handlers = {
  "/a": () => new Response("a"),
  "/fails": () => {
    throw new Error("handled");
  },
};
export default {
  fetch(request) {
    const context = { order: [] };
    const handler = handlers[new URL(request.url).pathname] ?? (() => new Response("none", { status: 404 }));
    const chain = [timing, guard].reduceRight(
      (next, layer) => () => layer(context, next),
      async () => handler(request),
    );
    return chain();
  },
};
