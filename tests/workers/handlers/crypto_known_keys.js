// Keys of others: a token that is signed with ES256 (RFC 7515, appendix A.3), Ed25519 (RFC 8037, appendix A) and MD5.
//> GET /
const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
export default {
  async fetch() {
    const { subtle } = crypto;
    const text = (string) => new TextEncoder().encode(string);
    const es256 = {
      kty: "EC", crv: "P-256",
      x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    };
    const signed = text(
      "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ",
    );
    const signature = bytes("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
    const key = await subtle.importKey("jwk", es256, { name: "ECDSA", namedCurve: "P-256" }, false, ["verify"]);
    const ed = {
      kty: "OKP", crv: "Ed25519",
      d: "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    };
    const edKey = await subtle.importKey("jwk", ed, { name: "Ed25519" }, true, ["sign"]);
    const refused = (promise) => promise.then(() => "taken", (error) => error.name);
    const pkcs8 = await subtle.exportKey("pkcs8", edKey);
    return Response.json([
      await subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, signature, signed),
      await subtle.verify({ name: "ECDSA", hash: "SHA-256" }, key, signature.fill(0), signed),
      [...new Uint8Array(await subtle.sign("Ed25519", edKey, text("eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc")))],
      [...new Uint8Array(pkcs8)],
      [...new Uint8Array(await subtle.digest("MD5", signed))],
      await refused(subtle.importKey("jwk", es256, key.algorithm, false, ["sign"])),
      await refused(subtle.importKey("pkcs8", pkcs8.slice(1), { name: "Ed25519" }, false, ["sign"])),
      await refused(subtle.sign("Ed25519", key, signed)),
      await refused(subtle.generateKey({ name: "AES-GCM", length: 100 }, false, ["encrypt"])),
      await refused(subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, false, [])),
    ]);
  },
};
