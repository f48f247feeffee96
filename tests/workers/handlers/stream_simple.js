// A body that is made in pieces.
//> GET /
export default {
  fetch() {
    const encoder = new TextEncoder();
    let n = 0;
    const body = new ReadableStream({
      pull(controller) {
        if (n === 3) controller.close();
        else controller.enqueue(encoder.encode(`part ${n++}\n`));
      },
    });
    return new Response(body, { headers: { "content-type": "text/plain" } });
  },
};
