// Status and headers beside JSON; a type of one's own stays.
//> GET /
//> GET /problem
export default {
  fetch(request) {
    const problem = new URL(request.url).pathname === "/problem";
    const headers = problem ? { "Content-Type": "application/problem+json" } : { "x-a": "b" };
    return Response.json({ problem }, { status: problem ? 422 : 201, statusText: "Odd", headers });
  },
};
