// Where workerd is more lenient than the standards, or refuses what they have.
//> GET /
export default {
  async fetch(request, env) {
    const outcome = async (make) => {
      try {
        return await make();
      } catch (error) {
        return error.name;
      }
    };
    const form = new FormData();
    form.append('quote"d', "line\nline");
    const key = await crypto.subtle.importKey("raw", new Uint8Array(16), { name: "HMAC", hash: "SHA-256" }, false, [
      "sign",
    ]);
    const becameGet = await fetch(`${env.UPSTREAM}/redirect?status=303&to=/echo`, { method: "POST", body: "x" });
    return Response.json({
      statusModulo65536: await outcome(() => new Response(null, { status: 65736 }).status),
      redirectModulo65536: await outcome(() => Response.redirect("https://h/", 65838).status),
      reason: await outcome(() => new Response(null, { statusText: "a\tb" }).statusText),
      reasonBeyondLatin1: await outcome(() => new Response(null, { statusText: "\u20ac" }).statusText),
      headerWithoutName: await outcome(() => new Headers([["", "x"]]) && "made"),
      headerBeyondAscii: await outcome(() => new Headers([["\u00e9", "x"]]) && "made"),
      jsonOfNothing: await outcome(() => Response.json(undefined).text()),
      urlWithPassword: await outcome(() => new Request("https://u:p@h/").url),
      methodTrace: await outcome(() => new Request("https://h/", { method: "TRACE" }).method),
      redirectAsError: await outcome(() => new Request("https://h/", { redirect: "error" }).redirect),
      errorsHeaders: await outcome(() => Response.error().headers.set("a", "b") ?? "set"),
      listAsBody: await outcome(() => new Response(["list", 1]).text()),
      lineEndsOfForms: await outcome(async () => [...(await new Response(form).formData())]),
      cloneOfFile: await outcome(async () => structuredClone(new File(["file"], "name", { lastModified: 7 })).name),
      keyOfAnother: await outcome(() => crypto.subtle.sign("PBKDF2", key, new Uint8Array(1)).then(() => "signed")),
      typeWithoutBody: (await becameGet.json()).headers,
    });
  },
};
