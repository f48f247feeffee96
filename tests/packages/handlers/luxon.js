// Dates, durations and intervals, in English and UTC
import { DateTime, Duration, Interval } from "luxon";

const inUtc = (text) => DateTime.fromISO(text, { zone: "utc" }).setLocale("en-US");

export default {
  fetch(request) {
    const at = inUtc(new URL(request.url).searchParams.get("at"));
    const later = at.plus({ months: 1, days: 3 });
    return Response.json([
      at.toFormat("cccc, LLLL d yyyy, h:mm a"),
      later.toLocaleString(DateTime.DATE_HUGE),
      later.toLocaleString(DateTime.TIME_24_SIMPLE),
      later.toRelative({ base: at }),
      Duration.fromObject({ hours: 1, minutes: 5 }, { locale: "en-US" }).toFormat("hh:mm"),
      Interval.fromDateTimes(at, later).length("days"),
      DateTime.fromFormat("July 2 2026", "LLLL d yyyy", { zone: "utc", locale: "en-US" }).toISODate(),
    ]);
  },
};

export const requests = [
  {
    path: "/?at=2026-07-01T10:00:00Z",
    answer: [
      "Wednesday, July 1 2026, 10:00 AM",
      "Tuesday, August 4, 2026",
      "10:00",
      "in 1 month",
      "01:05",
      34,
      "2026-07-02",
    ],
  },
];
