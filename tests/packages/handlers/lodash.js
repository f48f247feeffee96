// Groups, merges, picks; all of it in one bundle.
import _ from "lodash";

export default {
  async fetch(request) {
    const people = await request.json();
    return Response.json({
      byCity: _.mapValues(_.groupBy(people, "city"), (group) => _.map(_.sortBy(group, "age"), "name")),
      merged: _.merge({ a: { b: 1 } }, { a: { c: [1] } }),
      chunks: _.chunk(_.range(5), 2),
      text: _.kebabCase("Ärger mitUmlauten"),
      same: _.isEqual(_.cloneDeep(people), people),
    });
  },
};

export const requests = [
  {
    method: "POST",
    path: "/",
    body: '[{"name":"b","city":"Bern","age":30},{"name":"a","city":"Bern","age":20},{"name":"c","city":"Rom","age":1}]',
    answer: {
      byCity: { Bern: ["a", "b"], Rom: ["c"] },
      merged: { a: { b: 1, c: [1] } },
      chunks: [[0, 1], [2, 3], [4]],
      text: "arger-mit-umlauten",
      same: true,
    },
  },
];
