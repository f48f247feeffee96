// A form with a file.
//> POST / {"headers": {"content-type": "multipart/form-data; boundary=XyZ"}, "body": "--XyZ\r\nContent-Disposition: form-data; name=\"note\"\r\n\r\nhi there\r\n--XyZ\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a b.txt\"\r\nContent-Type: text/plain\r\n\r\nline 1\r\nline 2\r\n--XyZ--\r\n"}
export default {
  async fetch(request) {
    const form = await request.formData();
    const file = form.get("file");
    return Response.json({
      note: form.get("note"),
      names: [...form.keys()],
      isFile: file instanceof File,
      isBlob: file instanceof Blob,
      name: file.name,
      type: file.type,
      size: file.size,
      text: await file.text(),
    });
  },
};
