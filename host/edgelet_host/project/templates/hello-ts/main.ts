export default {
  async fetch(request, env) {
    const name = new URL(request.url).searchParams.get("name") ?? "world";
    return Response.json({ message: `${env.GREETING}, ${name}` });
  },
} satisfies ExportedHandler<Env>;
