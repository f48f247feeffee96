// What nobody catches ends the request with 500.
//> GET /throws
//> GET /rejects
//> GET /text
//> GET /nothing
//> GET /string
//> GET /later
//> GET /fine
export default {
  async fetch(request) {
    switch (new URL(request.url).pathname) {
      case "/throws":
        throw new Error("thrown");
      case "/rejects":
        return Promise.reject(new TypeError("rejected"));
      case "/text":
        throw "text";
      case "/nothing":
        return;
      case "/string":
        return "no response";
      case "/later":
        await new Promise((done) => setTimeout(done, 1));
        throw new Error("later");
      default:
        return new Response("fine");
    }
  },
};
