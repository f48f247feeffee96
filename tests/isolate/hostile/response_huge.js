// memory|thrown: a response as large as can be
export default function attack() {
  return new Response("x".repeat(2 ** 27));
}
