// The headers that scanners ask for.
//> GET /
const SECURITY = {
  "content-security-policy": "default-src 'self'; frame-ancestors 'none'",
  "strict-transport-security": "max-age=63072000; includeSubDomains; preload",
  "permissions-policy": "geolocation=()",
  "x-frame-options": "DENY",
  "x-content-type-options": "nosniff",
  "referrer-policy": "strict-origin-when-cross-origin",
};
export default {
  fetch() {
    const response = new Response("<p>safe</p>", {
      headers: { "content-type": "text/html", server: "mine", "x-powered-by": "me" },
    });
    for (const [name, value] of Object.entries(SECURITY)) response.headers.set(name, value);
    response.headers.delete("x-powered-by");
    return response;
  },
};
