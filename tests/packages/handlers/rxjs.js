// Observables with timers.
import { concatMap, delay, from, lastValueFrom, map, merge, of, scan, timer, toArray } from "rxjs";

export default {
  async fetch(request) {
    const numbers = from(await request.json());
    const sums = numbers.pipe(
      concatMap((n) => of(n).pipe(delay(1))),
      scan((a, b) => a + b, 0),
      map((n) => `sum ${n}`),
    );
    return Response.json(await lastValueFrom(merge(sums, timer(50).pipe(map(() => "tick"))).pipe(toArray())));
  },
};

export const requests = [{ method: "POST", path: "/", body: "[1,2,3]", answer: ["sum 1", "sum 3", "sum 6", "tick"] }];
