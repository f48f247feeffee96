// Users to try the example with; their passwords are in the README. Real ones belong in KV: edgelet user add NAME

export const demoUsers = {
  __proto__: null,
  ada: "pbkdf2-sha256$20000$45s3Kd9QV6Njs4Vgr7l9cw==$hXOytcFAZ9mc7CDM2nfouX63K+d4nyL+WyPY2ETe8nA=",
};
