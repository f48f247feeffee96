// Bytes as they are.
//> GET /
export default {
  fetch() {
    return new Response(
      Uint8Array.from({ length: 256 }, (_, i) => i),
      {
        headers: {
          "content-type": "application/octet-stream",
          "content-disposition": 'attachment; filename="all.bin"',
        },
      },
    );
  },
};
