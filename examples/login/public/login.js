const find = (selector) => document.querySelector(selector);

// Here only: who loads the page anew has to log in anew, and no other page's script finds it.
let token = "";

function parse(part) {
  const bytes = Uint8Array.from(atob(part.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  return JSON.parse(new TextDecoder().decode(bytes));
}

const say = (text) => {
  find("[role=status]").textContent = text;
};

function showTime(element, seconds) {
  const time = new Date(seconds * 1000);
  element.dateTime = time.toISOString();
  element.textContent = time.toLocaleString();
}

// The part of the page for who is logged in, or for who is not.
function show(isIn) {
  find("#in").hidden = !isIn;
  find("#out").hidden = isIn;
  find(isIn ? "#in h1" : "#user").focus();
}

function showToken() {
  const [header, claims] = token.split(".").slice(0, 2).map(parse);
  find("#name").textContent = claims.sub;
  find("#how").textContent = header.alg === "ES256" ? "ES256: a private key, which the device keeps" : `${header.alg}: a secret`;
  showTime(find("#issued"), claims.iat);
  showTime(find("#expires"), claims.exp);
  find("#token").textContent = token;
}

async function logIn(form) {
  say("Checking the password …");
  const body = JSON.stringify({ user: form.get("user"), password: form.get("password") });
  const answer = await (await fetch("login", { method: "POST", body })).json();
  if (!answer.token) {
    say(answer.error);
    find("#password").select();
    return;
  }
  token = answer.token;
  showToken();
  say("");
  find("form").reset();
  show(true);
}

async function signOut() {
  const answer = await fetch("logout", { method: "POST", headers: { Authorization: `Bearer ${token}` } });
  // 401: the token has expired, or was signed out already.
  if (!answer.ok && answer.status !== 401) {
    say("You are not signed out: try again.");
    return;
  }
  token = "";
  find("#token").textContent = "";
  say("You are signed out: the token is worth nothing any more.");
  show(false);
}

const unless = (failed) => () => say(failed);

find("form").addEventListener("submit", (event) => {
  event.preventDefault();
  logIn(new FormData(event.target)).catch(unless("The device does not answer: try again."));
});
find("#sign-out").addEventListener("click", () => signOut().catch(unless("You are not signed out: try again.")));
