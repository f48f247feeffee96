// A proxy that edits headers and body.
//> GET /
export default {
  async fetch(request, env) {
    const response = await fetch(`${env.UPSTREAM}/cookies`);
    let refused = "";
    try {
      response.headers.set("x-a", "b");
    } catch (error) {
      refused = error.name;
    }
    const edited = new Response(`${await response.text()}!`, response);
    edited.headers.set("x-refused", refused);
    edited.headers.delete("x-multi");
    return edited;
  },
};
