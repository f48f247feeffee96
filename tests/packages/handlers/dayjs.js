// Dates: parses, adds, formats, relative times.
import dayjs from "dayjs";
import "dayjs/locale/de.js";
import relativeTime from "dayjs/plugin/relativeTime.js";
import utc from "dayjs/plugin/utc.js";

dayjs.extend(relativeTime);
dayjs.extend(utc);
export default {
  fetch(request) {
    const at = dayjs.utc(new URL(request.url).searchParams.get("at"));
    const later = at.add(1, "month").endOf("week");
    return Response.json([later.format("YYYY-MM-DDTHH:mm:ss[Z]"), later.locale("de").from(at), later.diff(at, "day")]);
  },
};

export const requests = [{ path: "/?at=2026-01-31T10:00:00Z", answer: ["2026-02-28T23:59:59Z", "in einem Monat", 28] }];
