// Images for one's own pages only.
//> GET /a.png {"headers": {"referer": "https://hot-links.test/page"}}
//> GET /a.png {"headers": {"referer": "https://elsewhere.example/"}}
//> GET /a.png
export default {
  fetch(request) {
    const referer = request.headers.get("Referer");
    if (referer && new URL(referer).hostname !== new URL(request.url).hostname)
      return Response.redirect("https://example.com/why", 302);
    return new Response(new Uint8Array([0x89, 0x50, 0x4e, 0x47]), { headers: { "content-type": "image/png" } });
  },
};
