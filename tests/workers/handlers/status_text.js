// The reason phrase.
//> GET /
//> GET /empty
export default {
  fetch(request) {
    if (new URL(request.url).pathname === "/empty") return new Response("x", { status: 404 });
    const outcome = (statusText) => {
      try {
        return new Response(null, { statusText }).statusText;
      } catch (error) {
        return error.name;
      }
    };
    const body = JSON.stringify([outcome("fine"), outcome("a\nb"), outcome(12), new Response().statusText]);
    return new Response(body, { status: 299, statusText: "Rather Fine" });
  },
};
