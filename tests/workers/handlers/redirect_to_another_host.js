// Every path goes to the same path of another host.
//> GET /
//> GET /a/b%20c?d=e&f
//> POST /form {"body": "x"}
export default {
  fetch(request) {
    const { pathname, search } = new URL(request.url);
    return Response.redirect(`https://www.example.com${pathname}${search}`, 301);
  },
};
