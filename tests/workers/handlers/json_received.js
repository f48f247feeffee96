// JSON that comes is checked.
//> POST / {"headers": {"content-type": "application/json"}, "body": "{\"name\": \"Ann\", \"age\": 7}"}
//> POST / {"body": "{\"name\": 1}"}
//> POST / {"body": "{"}
//> POST /
//> GET /
export default {
  async fetch(request) {
    if (request.method !== "POST") return new Response("POST it", { status: 405, headers: { allow: "POST" } });
    let data;
    try {
      data = await request.json();
    } catch (error) {
      return Response.json({ error: error.name }, { status: 400 });
    }
    if (typeof data.name !== "string") return Response.json({ error: "name must be text" }, { status: 422 });
    return Response.json({ greeting: `hello ${data.name}`, next: data.age + 1 });
  },
};
