// A Durable Object: its answer leaves when what it wrote is on disk.
import { DurableObject } from "cloudflare:workers";

export class Store extends DurableObject {
  get(key) {
    return this.ctx.storage.get(key);
  }

  put(key, value) {
    return this.ctx.storage.put(key, value);
  }
}

export default {
  async fetch(request, env) {
    const key = request.url.slice(request.url.lastIndexOf("/") + 1);
    const store = env.STORE.get(env.STORE.idFromName("kv"));
    if (request.method === "PUT") {
      await store.put(key, await request.text());
      return new Response("stored");
    }
    return new Response(await store.get(key));
  },
};
