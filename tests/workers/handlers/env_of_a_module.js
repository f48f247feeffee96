// env, imported.
//> GET /
import { env } from "cloudflare:workers";
const atTopLevel = env.GREETING;
export default {
  fetch(request, given) {
    return Response.json([atTopLevel, env.GREETING, given.GREETING === env.GREETING]);
  },
};
