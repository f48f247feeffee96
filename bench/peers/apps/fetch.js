export default {
  fetch(request, env) {
    return fetch(env.UPSTREAM);
  },
};
