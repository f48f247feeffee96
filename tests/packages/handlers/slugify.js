// Titles to what fits into a URL.
import slugify from "slugify";

export default {
  fetch(request) {
    const title = new URL(request.url).searchParams.get("title");
    return new Response(slugify(title, { lower: true, strict: true, locale: "de" }));
  },
};

export const requests = [
  { path: "/?title=Gr%C3%B6%C3%9Fe%20%26%20Ma%C3%9F,%20%C4%8De%C5%A1tina!", answer: "groesse-und-mass-cestina" },
];
