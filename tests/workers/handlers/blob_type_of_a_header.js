// The type of a Blob that a body is read as is the header's, in its standard form.
//> GET /
const TYPES = [
  "text/html; charset=UTF-8", "TEXT/Plain;CHARSET=Utf-8;Foo=BAR", "text/plain; a=b; c", 'a/b;x="q r"', 'a/b; x=""',
  "a/b;;x=1", " text/html ", 'text/html;charset="UTF-8"', "a", "a/", "/b", "a/b c", "a/b;x y=z", "", "*/*",
  "a/b; charset=utf-8; charset=latin1", "application/json, text/html", "text/html, bogus", 'a/b;x="a,b", c/d',
  'a/b;x="\\"q\\\\"', 'a/b;x="open', 'a/b;x="a"b', "a/b;x=y z", "a/b;=x", "a/b;x=", "a/b;x", "a/b;x=1;X=2",
];

export default {
  async fetch() {
    const answers = TYPES.map(async (type) => {
      return (await new Response("x", { headers: { "content-type": type } }).blob()).type;
    });
    const plain = await Promise.all([new Response("x"), new Response(), Response.json(1)].map((one) => one.blob()));
    return Response.json([await Promise.all(answers), plain.map((blob) => blob.type)]);
  },
};
