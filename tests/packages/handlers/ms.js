// Spans of time as people write them.
import ms from "ms";

export default {
  fetch(request) {
    const span = new URL(request.url).searchParams.get("span");
    return Response.json([ms(span), ms(ms(span), { long: true })]);
  },
};

export const requests = [{ path: "/?span=2.5+hrs", answer: [9000000, "3 hours"] }];
