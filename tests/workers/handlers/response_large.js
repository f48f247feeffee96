// More than one packet.
//> GET /
export default {
  fetch() {
    return new Response("0123456789abcdef".repeat(5000));
  },
};
