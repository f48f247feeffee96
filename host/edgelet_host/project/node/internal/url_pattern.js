// A class of the web that the firmware has not.
import { URLPattern as Pattern } from "urlpattern-polyfill/urlpattern";

const BEYOND_ASCII = /[^\0-\x7f]/;

// The domain of a pattern that is one text.
const domain = (text) => /^[^/?#]*:\/\/([^/?#]*)/.exec(text)?.[1] ?? "";

export class URLPattern extends Pattern {
  constructor(...given) {
    const [input] = given;
    // URLs here have no IDNA tables; the package would take its own example for a domain that they refuse.
    if (BEYOND_ASCII.test(typeof input === "string" ? domain(input) : input?.hostname)) {
      throw new TypeError("URLPattern: a domain must be ASCII: write it in its xn-- form");
    }
    super(...given);
  }
}
