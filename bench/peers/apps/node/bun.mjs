// Bun.serve.
import { Database } from "bun:sqlite";
import { open } from "./store.mjs";
import { routes } from "./web.mjs";

const { FILE, PORT } = process.env;

Bun.serve({ hostname: "127.0.0.1", port: PORT, routes: routes(open(Database), () => new Response(Bun.file(FILE))) });
