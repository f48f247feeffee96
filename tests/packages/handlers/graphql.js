// Answers queries over a schema.
import { buildSchema, graphql } from "graphql";

const schema = buildSchema(`
  type Book { title: String!, pages: Int, author: Author }
  type Author { name: String!, books: [Book!]! }
  type Query { book(id: ID!): Book, sum(numbers: [Int!]!): Int! }
`);
const author = { name: "Ada", books: [] };
author.books = [{ title: "Notes", pages: 66, author }];
const rootValue = {
  book: async ({ id }) => (id === "1" ? author.books[0] : null),
  sum: ({ numbers }) => numbers.reduce((a, b) => a + b, 0),
};
export default {
  async fetch(request) {
    const { query, variables } = await request.json();
    return Response.json(await graphql({ schema, source: query, rootValue, variableValues: variables }));
  },
};

const ask = (query, variables) => ({ method: "POST", path: "/", body: JSON.stringify({ query, variables }) });
export const requests = [
  {
    ...ask("query($id: ID!) { book(id: $id) { title author { name books { pages } } } sum(numbers: [1, 2]) }", {
      id: 1,
    }),
    answer: { data: { book: { title: "Notes", author: { name: "Ada", books: [{ pages: 66 }] } }, sum: 3 } },
  },
  {
    ...ask("{ book { titel } }"),
    answer: {
      errors: [
        {
          message: 'Cannot query field "titel" on type "Book". Did you mean "title"?',
          locations: [{ line: 1, column: 10 }],
        },
        {
          message: 'Field "book" argument "id" of type "ID!" is required, but it was not provided.',
          locations: [{ line: 1, column: 3 }],
        },
      ],
    },
  },
];
