// Dates: parses, adds, formats, compares.
import { addMonths, differenceInCalendarDays, format, formatDistance, isWeekend, parseISO } from "date-fns";
import { de } from "date-fns/locale/de";

export default {
  fetch(request) {
    const from = parseISO(new URL(request.url).searchParams.get("from"));
    const to = addMonths(from, 1);
    return Response.json({
      to: format(to, "EEEE, d MMMM yyyy", { locale: de }),
      days: differenceInCalendarDays(to, from),
      distance: formatDistance(from, to, { addSuffix: true }),
      weekend: isWeekend(to),
      week: format(to, "RRRR-'W'II-i"),
    });
  },
};

export const requests = [
  {
    path: "/?from=2026-01-31T10:00:00",
    answer: { to: "Samstag, 28 Februar 2026", days: 28, distance: "28 days ago", weekend: true, week: "2026-W09-6" },
  },
];
