// Dates with time zones.
import { DateTime } from "luxon";

export default {
  fetch(request) {
    const at = DateTime.fromISO(new URL(request.url).searchParams.get("at"), { zone: "Europe/Berlin" });
    return new Response(at.setLocale("de").toFormat("cccc, d. LLLL yyyy HH:mm ZZZZ"));
  },
};

export const lacks = { error: "Intl", why: "needs `Intl`, for time zones and languages" };
export const requests = [{ path: "/?at=2026-07-01T10:00:00Z", answer: "Mittwoch, 1. Juli 2026 12:00 MESZ" }];
