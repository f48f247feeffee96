// formData() where the body is no form.
//> POST / {"headers": {"content-type": "text/plain"}, "body": "a=1"}
//> POST / {"body": "a=1"}
//> POST / {"headers": {"content-type": "multipart/form-data"}, "body": "a=1"}
//> POST / {"headers": {"content-type": "multipart/form-data; boundary=x"}, "body": "a=1"}
export default {
  async fetch(request) {
    try {
      return Response.json([...(await request.formData())]);
    } catch (error) {
      return new Response(error.name, { status: 415 });
    }
  },
};
