export const handler: LambdaHandler = async (event) => {
  const name = event.queryStringParameters?.name ?? "world";
  return { statusCode: 200, body: { message: `hello, ${name}` } };
};
