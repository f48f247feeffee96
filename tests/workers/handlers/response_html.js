// A page.
//> GET /?name=%3Cscript%3E
export default {
  fetch(request) {
    const name = new URL(request.url).searchParams
      .get("name")
      .replace(/[<>&]/g, (c) => ({ "<": "&lt;", ">": "&gt;", "&": "&amp;" })[c]);
    return new Response(`<!DOCTYPE html>\n<body>\n  <h1>Hello ${name}</h1>\n</body>`, {
      headers: { "content-type": "text/html;charset=UTF-8" },
    });
  },
};
