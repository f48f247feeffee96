// Sortable ids.
import { decodeTime, monotonicFactory, ulid } from "ulid";

export default {
  fetch() {
    const next = monotonicFactory();
    const ids = [next(1e12), next(1e12), next(1e12)];
    const sorted = [...ids].sort().join() === ids.join();
    return Response.json({ sorted, time: decodeTime(ids[2]), right: /^[0-9A-HJKMNP-TV-Z]{26}$/.test(ulid()) });
  },
};

export const requests = [{ path: "/", answer: { sorted: true, time: 1e12, right: true } }];
