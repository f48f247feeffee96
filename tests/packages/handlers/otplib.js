// One-time passwords of an authenticator (RFC 4226, RFC 6238).
import { authenticator, hotp } from "otplib";

const SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"; // RFC 4226's, "12345678901234567890", in base32

export default {
  fetch() {
    const counted = [0, 1, 9].map((count) => hotp.generate("12345678901234567890", count));
    authenticator.options = { epoch: 59000 };
    const now = authenticator.generate(SECRET);
    return Response.json([counted, now, authenticator.check(now, SECRET), authenticator.check("000000", SECRET)]);
  },
};

// RFC 4226, appendix D; RFC 6238, appendix B.
export const requests = [{ path: "/", answer: [["755224", "287082", "520489"], "287082", true, false] }];
