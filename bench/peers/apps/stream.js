const chunk = new TextEncoder().encode("x".repeat(1024));

export default {
  fetch() {
    let left = 4;
    const body = new ReadableStream({
      pull(controller) {
        controller.enqueue(chunk);
        left -= 1;
        if (left === 0) controller.close();
      },
    });
    return new Response(body, { headers: { "content-type": "text/plain" } });
  },
};
