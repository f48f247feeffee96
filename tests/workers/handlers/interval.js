// setInterval, and its end.
//> GET /
export default {
  async fetch() {
    let count = 0;
    await new Promise((done) => {
      const timer = setInterval(() => {
        if (++count === 3) {
          clearInterval(timer);
          done();
        }
      }, 1);
    });
    await new Promise((done) => setTimeout(done, 10));
    return new Response(String(count));
  },
};
