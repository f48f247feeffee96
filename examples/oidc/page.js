// The only page: it needs no script.

const escape = (text) => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

function content({ session, problem }) {
  if (session) {
    const since = new Date(session.iat * 1000).toISOString();
    return `<h1>Hello, ${escape(session.name)}</h1>
<p>Signed in as <code>${escape(session.sub)}</code> since <time datetime="${since}">${since.slice(11, 16)} UTC</time>.</p>
<form method="post" action="/logout"><button>Sign out</button></form>`;
  }
  const said = problem ? `<p role="alert">${escape(problem)}</p>` : "<p>You are not signed in.</p>";
  return `<h1>Sign in</h1>
${said}
<p><a class="button" href="/login">Sign in with OpenID Connect</a></p>`;
}

// The page for who is signed in as `session`, or for nobody, with what went wrong as `problem`.
export function page(env, what, status = 200, ...cookies) {
  // A browser holds redirects of a form against this, too.
  const targets = env.END_SESSION_ENDPOINT ? `'self' ${new URL(env.END_SESSION_ENDPOINT).origin}` : "'self'";
  const headers = new Headers({
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Content-Security-Policy": `default-src 'none'; style-src 'self'; form-action ${targets}; base-uri 'none'; frame-ancestors 'none'`,
    "Referrer-Policy": "no-referrer",
  });
  for (const one of cookies) headers.append("Set-Cookie", one);
  const body = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>edgelet oidc</title>
<link rel="stylesheet" href="/style.css">
<main>
${content(what)}
</main>
</html>
`;
  return new Response(body, { status, headers });
}
