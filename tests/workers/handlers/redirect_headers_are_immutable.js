// A redirect's headers cannot be changed, those of a copy can.
//> GET /
export default {
  fetch() {
    const redirect = Response.redirect("https://example.com/", 302);
    let refused = "no";
    try {
      redirect.headers.set("x-a", "b");
    } catch (error) {
      refused = error.name;
    }
    const copy = new Response(redirect.body, redirect);
    copy.headers.set("x-refused", refused);
    return copy;
  },
};
