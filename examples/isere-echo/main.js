// A handler in the style of AWS Lambda and Isere: it answers with what it was asked.

console.log("the top level runs once, when the function is deployed");

export const handler = async (event, context, done) => {
  console.log("event", event);
  console.log("context", context);
  await new Promise((resolve) => setTimeout(resolve, 1));
  if (event.queryStringParameters.done) {
    // Instead of returning, as Node's callbacks do.
    done({ statusCode: 202, body: "answered by done()\n" });
    return;
  }
  return {
    statusCode: 200,
    headers: { "x-request-id": context.awsRequestId },
    body: { method: event.httpMethod, path: event.path, query: event.query, body: event.body },
  };
};
