// An RSA key: imported, exported, signed and encrypted with.
//> GET /
const jwk = {
  kty: "RSA", e: "AQAB",
  n: [
    "2m_bk1sDPJSILebLlh40wMIvh9xhyHZfw6YIFcCOvOCdszkmu8Mq5Pg0zUd7qi2Maa6DDLN4uZdFkZqJI2hSUeXnDJ5B_n2JuJTO",
    "wuCvOrtaxVdzDszCTLbx2XE1N68gL-GQyKeWY6NTaNSr5mcjZxkh3-CS94nPopRV0jzdRPTslnLBQImrU7AsxmZFPIcyFFUJJ-hp",
    "QWz3KluSlwIpILnHyyIIQDlQSLPKDV7rD1uFsTZj_9iH4zdMsFogieUrIV9fnHIrjR_MNaM9-O6tTXHu6xMnbd35TVwfP70iZ-7n",
    "nXyJIbI7RN7Y5PdZSFDQHjrqPbI5_YMXlC_-KSAEvw",
  ].join(""),
  d: [
    "DBguw4VB3p7Svh04ny04-oXwn8h3WY7EVU7iGmI5BQLizcOXqMRw9uXkoTZuBcl-gXN6KhUzKq4nhJ0BLtwIgs8Em1GVPIQIQMIX",
    "LfnGz1eu-keR7_stCZZaObySQm0IjojMvW9vXOuezf_IgiSqdHuTFpRBTuzAebNWNSJ4QJMSPZ8DHjj-B6R5uhhfNxhb1WlF1uiN",
    "1bnH9ADZwPykPcU5i_7V0KUBh6wRi75Bb9AWWZgAvrT05_EjF76EMGX60p7Yn5BZN0s1EHKJWj6oH-N-YIoO8-Dc3yDduHFDhlDo",
    "FEZwEN0h3InWA3Y-iq4_yWQcxJyTrkRHuedso11gIQ",
  ].join(""),
  p: [
    "8KdNOUdzbvKKYGHY3xwGanZ9PQ5L6maCcU49gODAZ8ewwU95RD8GbejblaNFtmwdXi992QinYj2BkWo6oe0TpHe0AtxXKXbc04eM",
    "TZSj3NWW6Lw_lNlB9xoFogm-9QJB1UCInwZlsrsfWj2doQU1r7__1817fNwOQ-tDD6_tfRk",
  ].join(""),
  q: [
    "6F3eIU6hw74MiglBKQWVUIuoQLqTvfQbFV9UXL2o__duwjMDdVr5QbWRGWJCCn3KiTduWRuRx6jDlIz7bNEPYdc4d5_RxRxMinWV",
    "kNAXSYoVj7RqiXXo8tJHzU9GL99d4zMmr5mXf-hCKQJjUHE8iKpWSvfDBGuJMUoStS3Bc5c",
  ].join(""),
  dp: [
    "ZwW4MYU9DYoXYxuAVEMTHBCNnM26AibQQOFVww50T_lU2ezD5Ut13SeKmYzEE0xFZkS-g2MJBS1_glkPsLJlbkswbOkXB1EzR_sH",
    "PU8ctzVY3Vl5fqdjbf1d2_iAHzNQK5Ls6ec7MkCZM3CdQomQaiSvyhrVeqZaFQlqNBUEfkE",
  ].join(""),
  dq: [
    "Az2b5XcFRoeWAS7T29CaHn90H0L64IFRB2FG-ewjOT6oKskvWSmlpEb1-RanuSG7-2Hshg2eYNx3rdCxiPj5b_Hidbii4k7cummd",
    "ZmGgkYP9fP2VJsmgMBLCsZhTcEN7Obny5iwMMtp4Yb4IyIxrvbQyc-U0sREW3rsbu68hrY0",
  ].join(""),
  qi: [
    "n5OWwqV-uXhT8Gsa4HrxYTs2LIKB4vQmzamvijXapCgrmzHbb6OtmgKVwh-VQiBaB9QC0HIpoTp4frWVGgrnFJWNbm43-n9sBkYQ",
    "ihj_hpSl_uh3_UIE_AbPEhCrdrTFo3I4rInCEp5yIaONxWvE24Qy0uttnxbnKMpe-PBXw-4",
  ].join(""),
};
export default {
  async fetch() {
    const { subtle } = crypto;
    const data = new TextEncoder().encode("data");
    const { kty, n, e } = jwk;
    const pair = async (name, privates, publics) => ({
      privateKey: await subtle.importKey("jwk", jwk, { name, hash: "SHA-256" }, true, privates),
      publicKey: await subtle.importKey("jwk", { kty, n, e }, { name, hash: "SHA-256" }, true, publics),
    });
    const results = [];
    for (const params of [{ name: "RSASSA-PKCS1-v1_5" }, { name: "RSA-PSS", saltLength: 32 }]) {
      const { privateKey, publicKey } = await pair(params.name, ["sign"], ["verify"]);
      const signature = await subtle.sign(params, privateKey, data);
      const spki = await subtle.exportKey("spki", publicKey);
      const algorithm = { name: params.name, hash: "SHA-256" };
      const key = await subtle.importKey("spki", spki, algorithm, true, ["verify"]);
      const exported = await subtle.exportKey("jwk", privateKey);
      const pkcs8 = new Uint8Array(await subtle.exportKey("pkcs8", privateKey));
      const { modulusLength, publicExponent, hash } = key.algorithm;
      results.push([
        await subtle.verify(params, key, signature, data),
        await subtle.verify(params, key, signature, data.subarray(1)),
        Object.keys(JSON.parse(JSON.stringify(exported))).sort(), exported.alg, exported.qi === jwk.qi, [...new Uint8Array(spki)].join(), [...pkcs8].length,
        modulusLength, [...publicExponent], hash.name, publicKey.usages, privateKey.usages, privateKey.type,
      ]);
    }
    const oaep = await pair("RSA-OAEP", ["decrypt"], ["encrypt"]);
    const sealed = await subtle.encrypt({ name: "RSA-OAEP", label: data }, oaep.publicKey, data);
    const opened = await subtle.decrypt({ name: "RSA-OAEP", label: data }, oaep.privateKey, sealed);
    const other = await subtle.decrypt("RSA-OAEP", oaep.privateKey, sealed).catch((error) => error.name);
    results.push(sealed.byteLength, new TextDecoder().decode(opened), other);
    const wrapping = await pair("RSA-OAEP", ["unwrapKey"], ["wrapKey"]);
    const secret = await subtle.importKey("raw", data, { name: "HMAC", hash: "SHA-256" }, true, ["sign"]);
    for (const format of ["raw", "jwk"]) {
      const wrapped = await subtle.wrapKey(format, secret, wrapping.publicKey, { name: "RSA-OAEP", label: data });
      const unwrap = (params) => subtle.unwrapKey(format, wrapped, wrapping.privateKey, params, secret.algorithm, true, ["sign"]);
      const again = await unwrap({ name: "RSA-OAEP", label: data });
      results.push(new TextDecoder().decode(await subtle.exportKey("raw", again)));
      results.push(await unwrap({ name: "RSA-OAEP" }).catch((error) => error.name));
    }
    return Response.json(results);
  },
};
