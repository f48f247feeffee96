// A page with a form, and what it sends.
//> GET /
//> POST / {"headers": {"content-type": "application/x-www-form-urlencoded"}, "body": "message=%3Cb%3Ebold%3C%2Fb%3E+%26+more"}
//> PUT /
const escape = (text) => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
const page = (body, status = 200) =>
  new Response(`<!doctype html><title>Form</title>${body}`, {
    status,
    headers: { "content-type": "text/html;charset=UTF-8" },
  });
export default {
  async fetch(request) {
    switch (request.method) {
      case "GET":
        return page('<form method="post"><input name="message"><button>Send</button></form>');
      case "POST":
        return page(`<p>You said ${escape((await request.formData()).get("message"))}</p>`);
      default:
        return page("<p>No</p>", 405);
    }
  },
};
