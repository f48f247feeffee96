// stack: claims with a getter that signs them
import { sign } from "jsonwebtoken";
export default function attack() {
  const claims = {
    get token() {
      return sign(claims, "s".repeat(32));
    },
  };
  return claims.token;
}
