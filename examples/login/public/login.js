const output = document.querySelector("pre");

document.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  const body = JSON.stringify({ user: form.get("user"), password: form.get("password") });
  const answer = await (await fetch("login", { method: "POST", body })).json();
  if (!answer.token) {
    output.textContent = answer.error;
    return;
  }
  const me = await (await fetch("me", { headers: { Authorization: `Bearer ${answer.token}` } })).json();
  output.textContent = `Hello ${me.user}. Your token:\n\n${answer.token}`;
});
