// A URL with a signature and an end.
//> GET /file?expires=4102444800&mac=c910610e88c20ca39b6d7c0d7c8ef1b6ae5cbcadebbf5e563eaa47e495ce9299
//> GET /file?expires=4102444801&mac=c910610e88c20ca39b6d7c0d7c8ef1b6ae5cbcadebbf5e563eaa47e495ce9299
//> GET /file?expires=1&mac=00
//> GET /sign/file
const encoder = new TextEncoder();
const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
async function mac(text) {
  const key = await crypto.subtle.importKey("raw", encoder.encode("key"), { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
  ]);
  return hex(await crypto.subtle.sign("HMAC", key, encoder.encode(text)));
}
export default {
  async fetch(request) {
    const url = new URL(request.url);
    if (url.pathname.startsWith("/sign/")) {
      url.pathname = url.pathname.slice(5);
      url.searchParams.set("expires", "4102444800");
      url.searchParams.set("mac", await mac(`${url.pathname}?expires=4102444800`));
      return new Response(url);
    }
    const expires = Number(url.searchParams.get("expires"));
    if (expires * 1000 < Date.now()) return new Response("gone", { status: 410 });
    const right = (await mac(`${url.pathname}?expires=${expires}`)) === url.searchParams.get("mac");
    return new Response(right ? "the file" : "forged", { status: right ? 200 : 403 });
  },
};
