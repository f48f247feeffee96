// stack|thrown: Response.json of an object that holds itself by a getter
export default function attack() {
  return Response.json({ get x() { return this; } });
}
