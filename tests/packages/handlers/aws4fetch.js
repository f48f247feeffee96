// Signs requests with AWS' Signature Version 4; the other server checks it.
import { AwsClient } from "aws4fetch";

const key = { accessKeyId: "AKIDEXAMPLE", region: "eu-central-1" };
export default {
  async fetch(request, env) {
    const secretAccessKey = new URL(request.url).searchParams.get("secret");
    const aws = new AwsClient({ ...key, secretAccessKey, service: "sqs", retries: 0 });
    const url = `${env.UPSTREAM}/signed/a%20b?z=1&a=x%20y`;
    const answer = await aws.fetch(url, {
      method: "POST",
      headers: { "x-amz-note": " two  words " },
      body: "Action=Send",
    });
    const read = await aws.fetch(`${env.UPSTREAM}/signed/`);
    return Response.json([answer.status, await answer.text(), read.status, await read.text()]);
  },
};

export const project = { upstream: true };
export const requests = [
  { path: "/?secret=wJalrXUtnFEMI", answer: [200, "signed", 200, "signed"] },
  { path: "/?secret=another", answer: [403, "wrong signature", 403, "wrong signature"] },
];
