// A form as browsers send it.
//> POST / {"headers": {"content-type": "application/x-www-form-urlencoded"}, "body": "name=J%C3%BCrg+M&tag=a&tag=b&empty=&plus=%2B"}
//> POST / {"headers": {"content-type": "application/x-www-form-urlencoded; charset=UTF-8"}, "body": ""}
export default {
  async fetch(request) {
    const form = await request.formData();
    return Response.json([[...form], form.get("name"), form.getAll("tag"), form.has("none"), form.get("none")]);
  },
};
