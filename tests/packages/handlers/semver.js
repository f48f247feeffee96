// Compares versions.
import semver from "semver";

export default {
  async fetch(request) {
    const { versions, range } = await request.json();
    return Response.json({
      sorted: semver.rsort(versions),
      best: semver.maxSatisfying(versions, range),
      next: semver.inc(versions[0], "minor"),
      clean: semver.coerce("v2.3 or so").version,
    });
  },
};

export const requests = [
  {
    method: "POST",
    path: "/",
    body: '{"versions":["2.0.0","1.10.0","1.9.3","1.10.0-rc.1"],"range":"^1.9 || 3.x"}',
    answer: { sorted: ["2.0.0", "1.10.0", "1.10.0-rc.1", "1.9.3"], best: "1.10.0", next: "2.1.0", clean: "2.3.0" },
  },
];
