// Text that the project gives.
//> GET /
export default {
  fetch(request, env) {
    return Response.json([
      env.GREETING,
      typeof env.GREETING,
      env.NONE === undefined,
      "GREETING" in env,
      "PASSWORD" in env,
    ]);
  },
};
