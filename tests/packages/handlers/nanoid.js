// Short random ids.
import { customAlphabet, nanoid } from "nanoid";

const digits = customAlphabet("0123456789", 12);
export default {
  fetch() {
    const ids = new Set(Array.from({ length: 100 }, () => nanoid()));
    const right = [...ids].every((id) => /^[\w-]{21}$/.test(id));
    return Response.json({ different: ids.size, right, number: /^\d{12}$/.test(digits()) });
  },
};

export const requests = [{ path: "/", answer: { different: 100, right: true, number: true } }];
