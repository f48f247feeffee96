// What browser asks.
import { UAParser } from "ua-parser-js";

export default {
  fetch(request) {
    const { browser, os, device } = UAParser(request.headers.get("user-agent"));
    return Response.json([browser.name, browser.major, os.name, device.type ?? "desktop"]);
  },
};

export const requests = [
  {
    path: "/",
    headers: { "user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0" },
    answer: ["Firefox", "128", "Linux", "desktop"],
  },
];
