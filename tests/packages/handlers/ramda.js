// Functions that are composed.
import * as R from "ramda";

const summary = R.pipe(
  R.filter(R.propSatisfies(R.gt(R.__, 1), "n")),
  R.groupBy(R.prop("kind")),
  R.map(R.pipe(R.pluck("n"), R.sum)),
);
export default {
  async fetch(request) {
    return Response.json(summary(await request.json()));
  },
};

export const requests = [
  { method: "POST", path: "/", body: '[{"kind":"a","n":2},{"kind":"b","n":1},{"kind":"a","n":3}]', answer: { a: 5 } },
];
