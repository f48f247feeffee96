// @simplewebauthn/server: passkeys, registered and signed in with.
//
// The ceremonies are Chromium's, with keys of three algorithms and attestation by the key itself, recorded at
// http://localhost:8123.
import { verifyAuthenticationResponse, verifyRegistrationResponse } from "@simplewebauthn/server";

const expected = { expectedOrigin: "http://localhost:8123", expectedRPID: "localhost", requireUserVerification: true };
const challenge = (text) => btoa(text).replace(/=+$/, "");

async function register(response, text = "a challenge of the registration") {
  const { verified, registrationInfo } = await verifyRegistrationResponse({
    ...expected,
    response,
    expectedChallenge: challenge(text),
  });
  return { verified, ...registrationInfo };
}

async function signIn(response, credential, more) {
  const expectedChallenge = challenge("a challenge of the sign-in");
  const { verified, authenticationInfo } = await verifyAuthenticationResponse({
    ...expected,
    response,
    credential,
    expectedChallenge,
    ...more,
  });
  return [verified, authenticationInfo.newCounter, authenticationInfo.userVerified];
}

const failure = (promise) => promise.catch((error) => error.message);

function damaged(response) {
  const { signature } = response.response;
  const other = signature.slice(0, 20) + (signature[20] === "A" ? "B" : "A") + signature.slice(21);
  return { ...response, response: { ...response.response, signature: other } };
}

export default {
  async fetch(request) {
    const { registration, authentication } = await request.json();
    const { verified, fmt, credential, credentialDeviceType } = await register(registration);
    return Response.json([
      [verified, fmt, credential.id === registration.id, credentialDeviceType],
      await signIn(authentication, credential),
      (await signIn(damaged(authentication), credential))[0],
      await failure(signIn(authentication, { ...credential, counter: 99 })),
      await failure(signIn(authentication, credential, { expectedOrigin: "http://localhost" })),
      (await failure(register(registration, "another challenge"))).slice(0, 43),
    ]);
  },
};

const ES256 = {
  "registration": {
    "id": "QKveHJ4ir0ZXvyhe0KFNFR7hBmNZW5WjwTb_Pk113yE",
    "rawId": "QKveHJ4ir0ZXvyhe0KFNFR7hBmNZW5WjwTb_Pk113yE",
    "type": "public-key",
    "clientExtensionResults": {},
    "response": {
      "clientDataJSON": "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiWVNCamFHRnNiR1Z1WjJVZ2IyWWdkR2hsSUhKbFoybHpkSEpoZEdsdmJnIiwib3JpZ2luIjoiaHR0cDovL2xvY2FsaG9zdDo4MTIzIiwiY3Jvc3NPcmlnaW4iOmZhbHNlfQ",
      "attestationObject": "o2NmbXRmcGFja2VkZ2F0dFN0bXSjY2FsZyZjc2lnWEcwRQIhAL8enUXwPdVP_t8deW-h3i5HSzVB-3PoX7k12oEvoH-DAiAVohlMGfI5BW5x2-EKvAhwxACqZXRIRpiGrVWsUmBDwGN4NWOBWQHYMIIB1DCCAXqgAwIBAgIBATAKBggqhkjOPQQDAjBgMQswCQYDVQQGEwJVUzERMA8GA1UECgwIQ2hyb21pdW0xIjAgBgNVBAsMGUF1dGhlbnRpY2F0b3IgQXR0ZXN0YXRpb24xGjAYBgNVBAMMEUJhdGNoIENlcnRpZmljYXRlMB4XDTE3MDcxNDAyNDAwMFoXDTQ2MTExNzE4NTcxOFowYDELMAkGA1UEBhMCVVMxETAPBgNVBAoMCENocm9taXVtMSIwIAYDVQQLDBlBdXRoZW50aWNhdG9yIEF0dGVzdGF0aW9uMRowGAYDVQQDDBFCYXRjaCBDZXJ0aWZpY2F0ZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABI1hfmXJUI5kvMVnOsgqZ5naPBRGaCwljEY__99Y39L6Pmw3i1PXlcSk3_tBme3Xhi8jq68CA7S4kRugVpmU4QGjJTAjMAwGA1UdEwEB_wQCMAAwEwYLKwYBBAGC5RwCAQEEBAMCAwgwCgYIKoZIzj0EAwIDSAAwRQIhAIPmL6VMJuWhluQRnE3xO7kMXH-uFH68ssUB8a3NbvjgAiAWVUZ6v_46yc_Otvj7IJiyIm4jB8eL8FLksyqbbKpmrmhhdXRoRGF0YVikSZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2NFAAAAAQECAwQFBgcIAQIDBAUGBwgAIECr3hyeIq9GV78oXtChTRUe4QZjWVuVo8E2_z5Ndd8hpQECAyYgASFYIOr8qN5qCAj65kXrRomKHaakuV-gGOm0uoUIH0Kt1QiZIlgg1fmWrFaQIwyFtZYzjJoKtRNAWZtdl8FqEg8cAwNjdMs"
    }
  },
  "authentication": {
    "id": "QKveHJ4ir0ZXvyhe0KFNFR7hBmNZW5WjwTb_Pk113yE",
    "rawId": "QKveHJ4ir0ZXvyhe0KFNFR7hBmNZW5WjwTb_Pk113yE",
    "type": "public-key",
    "clientExtensionResults": {},
    "response": {
      "clientDataJSON": "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiWVNCamFHRnNiR1Z1WjJVZ2IyWWdkR2hsSUhOcFoyNHRhVzQiLCJvcmlnaW4iOiJodHRwOi8vbG9jYWxob3N0OjgxMjMiLCJjcm9zc09yaWdpbiI6ZmFsc2V9",
      "authenticatorData": "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAAAg",
      "signature": "MEUCIFk1g8JtP6cQDTZIRhjxc-sLuwUu5R9znEPJh8dPUxJMAiEAmmLg4wvWrhgNOqypK5ImXm-3D5vG4F95itf5Eg5_9DU",
      "userHandle": "YWRh"
    }
  }
};

const RS256 = {
  "registration": {
    "id": "lsm_695ecOjKQCOtS21nyC2TYnOup0JHt3UdRvgN07M",
    "rawId": "lsm_695ecOjKQCOtS21nyC2TYnOup0JHt3UdRvgN07M",
    "type": "public-key",
    "clientExtensionResults": {},
    "response": {
      "clientDataJSON": "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiWVNCamFHRnNiR1Z1WjJVZ2IyWWdkR2hsSUhKbFoybHpkSEpoZEdsdmJnIiwib3JpZ2luIjoiaHR0cDovL2xvY2FsaG9zdDo4MTIzIiwiY3Jvc3NPcmlnaW4iOmZhbHNlLCJvdGhlcl9rZXlzX2Nhbl9iZV9hZGRlZF9oZXJlIjoiZG8gbm90IGNvbXBhcmUgY2xpZW50RGF0YUpTT04gYWdhaW5zdCBhIHRlbXBsYXRlLiBTZWUgaHR0cHM6Ly9nb28uZ2wveWFiUGV4In0",
      "attestationObject": "o2NmbXRmcGFja2VkZ2F0dFN0bXSjY2FsZyZjc2lnWEYwRAIgVpc6vv7CK0ve871SF5l3acBNGYpOaTXiaAOh2l66misCIEV1-wYeQf0yPYcan89gj8mj5RrtMcKPC7yNcvshxE2hY3g1Y4FZAdgwggHUMIIBeqADAgECAgEBMAoGCCqGSM49BAMCMGAxCzAJBgNVBAYTAlVTMREwDwYDVQQKDAhDaHJvbWl1bTEiMCAGA1UECwwZQXV0aGVudGljYXRvciBBdHRlc3RhdGlvbjEaMBgGA1UEAwwRQmF0Y2ggQ2VydGlmaWNhdGUwHhcNMTcwNzE0MDI0MDAwWhcNNDYxMTE3MTg1NzIwWjBgMQswCQYDVQQGEwJVUzERMA8GA1UECgwIQ2hyb21pdW0xIjAgBgNVBAsMGUF1dGhlbnRpY2F0b3IgQXR0ZXN0YXRpb24xGjAYBgNVBAMMEUJhdGNoIENlcnRpZmljYXRlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEjWF-ZclQjmS8xWc6yCpnmdo8FEZoLCWMRj__31jf0vo-bDeLU9eVxKTf-0GZ7deGLyOrrwIDtLiRG6BWmZThAaMlMCMwDAYDVR0TAQH_BAIwADATBgsrBgEEAYLlHAIBAQQEAwIDCDAKBggqhkjOPQQDAgNIADBFAiBEJPt_dVzJ7VsBBmEAxNqJ5zsgyHoJh5zVRxQRMW3jhgIhAL69VmjwEpvKeYuR9l6wNgIIJmTxEIEqa59mxQxzwrE3aGF1dGhEYXRhWQFnSZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2NFAAAAAQECAwQFBgcIAQIDBAUGBwgAIJbJv-veXnDoykAjrUttZ8gtk2JzrqdCR7d1HUb4DdOzpAEDAzkBACBZAQDSuNB9ca0XFiKQXbSBGmuyrIi3S18lr61teADu_hxrFq1Ei2Ptcfdm42yUjwlU2chUBwPdjKrkUVPsFrGDkYYpNyWvqYjGYSccrXhSDPxqwTjXktyhVhU-Lt5b5fICY1Jkw_g0F4Xv6hHKnpurDV8Jxlb4aeuiW55uzjAtjcbUOIyh6fOAFcS9AsC-lju6ZOtiSDN2zD9RPh8FJDNw_v5yqDapuUsHsNgFTwsx7RGKHNrX4GcWYBTDqP4xH9BSI9gdDNDshrqTRo5V8And4YyQL7S8kXbcrrk1jE4vT1r_-OA6PUjWJdLKpY9jA59bMYLMIoOLJqUj5kGzV0GXGTafIUMBAAE"
    }
  },
  "authentication": {
    "id": "lsm_695ecOjKQCOtS21nyC2TYnOup0JHt3UdRvgN07M",
    "rawId": "lsm_695ecOjKQCOtS21nyC2TYnOup0JHt3UdRvgN07M",
    "type": "public-key",
    "clientExtensionResults": {},
    "response": {
      "clientDataJSON": "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiWVNCamFHRnNiR1Z1WjJVZ2IyWWdkR2hsSUhOcFoyNHRhVzQiLCJvcmlnaW4iOiJodHRwOi8vbG9jYWxob3N0OjgxMjMiLCJjcm9zc09yaWdpbiI6ZmFsc2V9",
      "authenticatorData": "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAAAg",
      "signature": "csF1ARqjLOrQDoK78tCUbmomCBHJksVfuVuFFVbeDBZ4x0eD4zBygZcotKdIxsXXyUOYlrIvMO6Ox8LRHQ4N7w11JORr79eJ8nbm-mCYaRFtBGf6xY_qtdAJihNf-FdKxNYFFIsZZjiNsy1M8Cl8WmenJj2q-x-UrBYb1EJ_bY3TKsT5vmy1usc450tPxzcqS0dAeCvmtEGSSYQRS4CRPcNq8CrSw6ehqtU2nwAWSFsrtp_b9_2tHb4Te5VRBGPK_luZdFAwBx_cxykssUWfic65pfI9UZEXTNw9hA1j7bneZ_n299h-FkF32N3-JulQgtlCchKzOYd6sTfrSk6JZA",
      "userHandle": "YWRh"
    }
  }
};

const EdDSA = {
  "registration": {
    "id": "kZDZszPELfKV076b4d0TTt6qqBh9jlVnWIIQ8KmM_rg",
    "rawId": "kZDZszPELfKV076b4d0TTt6qqBh9jlVnWIIQ8KmM_rg",
    "type": "public-key",
    "clientExtensionResults": {},
    "response": {
      "clientDataJSON": "eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiWVNCamFHRnNiR1Z1WjJVZ2IyWWdkR2hsSUhKbFoybHpkSEpoZEdsdmJnIiwib3JpZ2luIjoiaHR0cDovL2xvY2FsaG9zdDo4MTIzIiwiY3Jvc3NPcmlnaW4iOmZhbHNlfQ",
      "attestationObject": "o2NmbXRmcGFja2VkZ2F0dFN0bXSjY2FsZyZjc2lnWEYwRAIgIrRbm6g87rWHi-LRVeQQacwM5TesH6oO0avoV19AhooCIH3ZTM0hpO6kdHqtVvOaxXlkHNQxdg1Kdcqr9mgZtO8uY3g1Y4FZAdkwggHVMIIBeqADAgECAgEBMAoGCCqGSM49BAMCMGAxCzAJBgNVBAYTAlVTMREwDwYDVQQKDAhDaHJvbWl1bTEiMCAGA1UECwwZQXV0aGVudGljYXRvciBBdHRlc3RhdGlvbjEaMBgGA1UEAwwRQmF0Y2ggQ2VydGlmaWNhdGUwHhcNMTcwNzE0MDI0MDAwWhcNNDYxMTE3MTg1NzIxWjBgMQswCQYDVQQGEwJVUzERMA8GA1UECgwIQ2hyb21pdW0xIjAgBgNVBAsMGUF1dGhlbnRpY2F0b3IgQXR0ZXN0YXRpb24xGjAYBgNVBAMMEUJhdGNoIENlcnRpZmljYXRlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEjWF-ZclQjmS8xWc6yCpnmdo8FEZoLCWMRj__31jf0vo-bDeLU9eVxKTf-0GZ7deGLyOrrwIDtLiRG6BWmZThAaMlMCMwDAYDVR0TAQH_BAIwADATBgsrBgEEAYLlHAIBAQQEAwIDCDAKBggqhkjOPQQDAgNJADBGAiEAzprYSaAyPBVlJH_zvG_MJ_q0H66Cl4MpKqhBis6ZbYcCIQD_Rnk0U3TJTUOsEuzcFLEQqfiVCxVTFAsyMspgh_36zGhhdXRoRGF0YViBSZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2NFAAAAAQECAwQFBgcIAQIDBAUGBwgAIJGQ2bMzxC3yldO-m-HdE07eqqgYfY5VZ1iCEPCpjP64pAEBAycgBiFYIP9krkDZn2pdkDqyY1zmq87VfG5nxFYbweSQU5G5CALm"
    }
  },
  "authentication": {
    "id": "kZDZszPELfKV076b4d0TTt6qqBh9jlVnWIIQ8KmM_rg",
    "rawId": "kZDZszPELfKV076b4d0TTt6qqBh9jlVnWIIQ8KmM_rg",
    "type": "public-key",
    "clientExtensionResults": {},
    "response": {
      "clientDataJSON": "eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiWVNCamFHRnNiR1Z1WjJVZ2IyWWdkR2hsSUhOcFoyNHRhVzQiLCJvcmlnaW4iOiJodHRwOi8vbG9jYWxob3N0OjgxMjMiLCJjcm9zc09yaWdpbiI6ZmFsc2UsIm90aGVyX2tleXNfY2FuX2JlX2FkZGVkX2hlcmUiOiJkbyBub3QgY29tcGFyZSBjbGllbnREYXRhSlNPTiBhZ2FpbnN0IGEgdGVtcGxhdGUuIFNlZSBodHRwczovL2dvby5nbC95YWJQZXgifQ",
      "authenticatorData": "SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAAAg",
      "signature": "_wYhT2U-J6DOnUh3knB2tOG1Wa8wuB6ZImTTSjEDksX0wXqIuVlWYdIermzIn_cR0gc_C_gTH2MVwjsb92WdBg",
      "userHandle": "YWRh"
    }
  }
};

const answer = [
  [true, "packed", true, "singleDevice"],
  [true, 2, true],
  false,
  "Response counter value 2 was lower than expected 99",
  'Unexpected authentication response origin "http://localhost:8123", expected "http://localhost"',
  "Unexpected registration response challenge ",
];
export const requests = [ES256, RS256, EdDSA].map((ceremonies) => ({
  method: "POST",
  path: "/",
  body: JSON.stringify(ceremonies),
  answer,
}));
