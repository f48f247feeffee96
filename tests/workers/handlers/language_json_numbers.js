// What JSON keeps of numbers.
//> POST / {"body": "[1e3, 0.1, -0, 12345678901234567890, 1e400, 5e-324]"}
export default {
  async fetch(request) {
    const numbers = await request.json();
    return new Response(JSON.stringify([numbers, numbers.map(String)]));
  },
};
