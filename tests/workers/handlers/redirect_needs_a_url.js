// A location that is no absolute URL.
//> GET /
export default {
  fetch() {
    const outcome = (...args) => {
      try {
        return Response.redirect(...args).headers.get("location");
      } catch (error) {
        return error.constructor.name;
      }
    };
    return Response.json([outcome("https://EXAMPLE.com:443"), outcome("http://"), outcome("::"), outcome()]);
  },
};
