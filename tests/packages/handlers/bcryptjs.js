// Hashes passwords with bcrypt, and compares them.
import bcrypt from "bcryptjs";

export default {
  async fetch(request) {
    const { password, hash } = await request.json();
    if (hash) return Response.json({ same: await bcrypt.compare(password, hash) });
    const made = await bcrypt.hash(password, 4);
    return Response.json({ rounds: bcrypt.getRounds(made), same: bcrypt.compareSync(password, made) });
  },
};

// A vector of the C implementation (crypt_blowfish, wrapper.c).
const hash = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
export const project = { limits: { cpu_ms: 2000 } };
export const requests = [
  { method: "POST", path: "/", body: JSON.stringify({ password: "U*U", hash }), answer: { same: true } },
  { method: "POST", path: "/", body: JSON.stringify({ password: "U*V", hash }), answer: { same: false } },
  { method: "POST", path: "/", body: '{"password":"é"}', answer: { rounds: 4, same: true } },
];
