// One-time passwords of authenticator apps.
import * as OTPAuth from "otpauth";

const totp = new OTPAuth.TOTP({
  issuer: "me",
  label: "ada",
  digits: 8,
  secret: OTPAuth.Secret.fromLatin1("12345678901234567890"),
});
export default {
  fetch(request) {
    const { searchParams } = new URL(request.url);
    const timestamp = Number(searchParams.get("time")) * 1000;
    const token = totp.generate({ timestamp });
    return Response.json({
      token,
      delta: totp.validate({ token, timestamp: timestamp + 30000 }),
      uri: totp.toString(),
    });
  },
};

const uri = "otpauth://totp/me:ada?issuer=me&secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&algorithm=SHA1&digits=8&period=30";
export const requests = [
  // RFC 6238, appendix B.
  { path: "/?time=59", answer: { token: "94287082", delta: -1, uri } },
  { path: "/?time=1111111109", answer: { token: "07081804", delta: -1, uri } },
];
