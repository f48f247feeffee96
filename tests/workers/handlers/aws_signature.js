// The steps of AWS' signature, version 4.
//> GET /bucket/key%20name?b=2&a=1&a=0
const encoder = new TextEncoder();
const hex = (buffer) =>
  Array.from(new Uint8Array(buffer))
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
const hmac = async (key, text) =>
  crypto.subtle.sign(
    "HMAC",
    await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]),
    encoder.encode(text),
  );
export default {
  async fetch(request) {
    const url = new URL(request.url);
    const query = [...url.searchParams]
      .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
      .sort()
      .join("&");
    const canonical = [
      "GET",
      url.pathname,
      query,
      `host:${url.host}`,
      "",
      "host",
      hex(await crypto.subtle.digest("SHA-256", new Uint8Array())),
    ].join("\n");
    const scope = "20300102/eu-central-1/s3/aws4_request";
    const toSign = [
      "AWS4-HMAC-SHA256",
      "20300102T030405Z",
      scope,
      hex(await crypto.subtle.digest("SHA-256", encoder.encode(canonical))),
    ].join("\n");
    let key = encoder.encode("AWS4secret");
    for (const part of scope.split("/")) key = await hmac(key, part);
    return new Response(`${canonical}\n\n${hex(await hmac(key, toSign))}`);
  },
};
