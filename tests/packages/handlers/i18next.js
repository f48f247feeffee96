// Texts in several languages, with plurals.
import i18next from "i18next";

const i18n = i18next.createInstance();
i18n.init({
  lng: "de",
  fallbackLng: "en",
  initAsync: false,
  resources: {
    de: { translation: { hello: "Hallo {{name}}", items_one: "{{count}} Ding", items_other: "{{count}} Dinge" } },
    en: { translation: { only: "only English" } },
  },
});
export default {
  fetch(request) {
    const count = Number(new URL(request.url).searchParams.get("n"));
    return Response.json([i18n.t("hello", { name: "<é>" }), i18n.t("items", { count }), i18n.t("only")]);
  },
};

export const requests = [
  { path: "/?n=1", answer: ["Hallo &lt;é&gt;", "1 Ding", "only English"] },
  { path: "/?n=2", answer: ["Hallo &lt;é&gt;", "2 Dinge", "only English"] },
];
