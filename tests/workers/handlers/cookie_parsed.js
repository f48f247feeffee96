// A cookie is read by hand.
//> GET / {"headers": {"cookie": "a=1; session=abc%20def; b=2=3"}}
//> GET / {"headers": {"cookie": "sessionx=1"}}
//> GET /
function cookies(request) {
  const pairs = (request.headers.get("cookie") ?? "").split(/;\s*/).filter(Boolean);
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      return [pair.slice(0, at), decodeURIComponent(pair.slice(at + 1))];
    }),
  );
}
export default {
  fetch(request) {
    const found = cookies(request);
    return Response.json({ found, session: found.session ?? null });
  },
};
