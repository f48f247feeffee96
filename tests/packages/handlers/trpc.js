// @trpc/server: procedures over HTTP, with a validated input.
import { initTRPC, TRPCError } from "@trpc/server";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { z } from "zod";

// Else errors have stacks.
const t = initTRPC.create({ isDev: false });
const router = t.router({
  double: t.procedure.input(z.object({ n: z.number() })).query(({ input }) => input.n * 2),
  fail: t.procedure.mutation(() => {
    throw new TRPCError({ code: "FORBIDDEN", message: "no" });
  }),
});
export default {
  fetch: (request) => fetchRequestHandler({ endpoint: "/trpc", req: request, router, createContext: () => ({}) }),
};

export const requests = [
  { path: '/trpc/double?input={"n":21}', answer: { result: { data: 42 } } },
  {
    method: "POST",
    path: "/trpc/fail",
    headers: { "content-type": "application/json" },
    status: 403,
    answer: { error: { message: "no", code: -32003, data: { code: "FORBIDDEN", httpStatus: 403, path: "fail" } } },
  },
];
