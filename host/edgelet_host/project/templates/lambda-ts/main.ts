interface Event {
  queryStringParameters: Record<string, string> | null;
}

interface Answer {
  statusCode: number;
  body: { message: string };
}

export const handler = async (event: Event): Promise<Answer> => {
  const name: string = event.queryStringParameters?.name ?? "world";
  return { statusCode: 200, body: { message: `hello, ${name}` } };
};
