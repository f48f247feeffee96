// When a cron line is due, in UTC.
import { Cron } from "croner";

export default {
  fetch(request) {
    const line = new URL(request.url).searchParams.get("line");
    const job = new Cron(line);
    return Response.json(job.nextRuns(3, new Date(Date.UTC(2026, 0, 30))).map((date) => date.toISOString()));
  },
};

export const requests = [
  {
    path: "/?line=30+9+*+*+1-5",
    answer: ["2026-01-30T09:30:00.000Z", "2026-02-02T09:30:00.000Z", "2026-02-03T09:30:00.000Z"],
  },
];
