"""Public keys of somebody who issues tokens, for a binding of type "jwks": a JSON Web Key Set (RFC 7517) at a URL.

It is fetched when a handler first wants a key, and kept, in the function's KV too, for as long as its server says.
Before that time is over it is fetched anew, whether anybody asks or not, so that nobody waits; where the server does
not answer then, they get what is there. Who comes after that has stopped, or after a restart, waits where its time is
over. A key that is not there has it fetched, too, but not often: who sends tokens chooses what they name.
"""

import asyncio
import json
import sys

from edgelet import names

_LINUX = sys.platform == "linux"
#: Bytes of a key set as it is sent.
DOCUMENT_BYTES = 65536 if _LINUX else 16384
# Seconds. For how long a key set counts: without Cache-Control, at least, at most; that is how long a key is taken that
# its owner has withdrawn. And for how long where its server cannot be reached.
_LIFETIME = 600
_LEAST = 60
_MOST = 3600
_STALE = 86400
# For how long after the last call it is fetched before its time is over: on a board it is a handshake each time.
_FRESH = 86400 if _LINUX else 3600
# From a failure to the next attempt that nobody has asked for.
_AGAIN = 60
# Seconds from an answer, or from a failure, to the next request.
_PAUSE = 30
_RETRY = 10
# Seconds between two writes of what is kept, which on a board are wear.
_KEEP = 0 if _LINUX else 900
_WAITING = 8  # calls that may wait for a key that is not there
_KEY = "jwks"  # of the KV namespace
_ACCEPT = b"accept: application/json, application/jwk-set+json\r\n"

# Algorithm of a signature (RFC 7518, RFC 8037, RFC 9864) -> the kind of key, and its curve.
_ALGORITHMS = {
    "RS256": ("RSA", None),
    "RS384": ("RSA", None),
    "RS512": ("RSA", None),
    "PS256": ("RSA", None),
    "PS384": ("RSA", None),
    "PS512": ("RSA", None),
    "ES256": ("EC", "P-256"),
    "ES384": ("EC", "P-384"),
    "ES512": ("EC", "P-521"),
    "EdDSA": ("OKP", "Ed25519"),
    "Ed25519": ("OKP", "Ed25519"),
}
# Kind of key -> what makes it up. Secrets and private keys have no business in what everybody can read.
_MEMBERS = {"RSA": ("n", "e"), "EC": ("crv", "x", "y"), "OKP": ("crv", "x")}
_OPTIONAL = ("kid", "alg", "use")


def _public(jwk):
    """What counts of a JSON Web Key that checks signatures; None for anything else."""
    members = _MEMBERS.get(jwk.get("kty")) if isinstance(jwk, dict) and isinstance(jwk.get("kty"), str) else None
    if members is None or jwk.get("use", "sig") != "sig":
        return None
    operations = jwk.get("key_ops", ["verify"])
    if not isinstance(operations, list) or "verify" not in operations:
        return None
    key = {"kty": jwk["kty"]}
    for name in members + _OPTIONAL:
        value = jwk.get(name)
        if isinstance(value, str) and all(" " <= c <= "~" for c in value):
            key[name] = value
        elif value is not None or name in members:
            return None
    return key


def parse(document):
    """The keys of a key set that check signatures, a list of dicts of str. ValueError where it is none."""
    try:
        keys = json.loads(document.decode())["keys"]
        if not isinstance(keys, list):
            raise ValueError
    except (ValueError, TypeError, KeyError):
        raise ValueError("its answer is no JSON Web Key Set") from None
    found = [_public(jwk) for jwk in keys]
    return [key for key in found if key is not None]


def lifetime(lines):
    """Seconds for which a response with these header lines counts (RFC 9111, section 5.2.2)."""
    found = _LIFETIME
    for line in lines.lower().split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name == b"cache-control":
            for directive in value.split(b","):
                what, _, seconds = directive.strip().partition(b"=")
                if what in (b"no-store", b"no-cache"):
                    return _LEAST
                if what == b"max-age" and 1 <= len(seconds) <= 9 and all(48 <= c <= 57 for c in seconds):
                    found = min(max(int(seconds), _LEAST), _MOST)
    return found


def match(keys, kid, alg):
    """The key for a token whose header says that; None where there is none, or more than one."""
    kind, curve = _ALGORITHMS.get(alg, (None, None))
    found = None
    for key in keys:
        is_named = kid is None or key.get("kid") == kid
        if is_named and key["kty"] == kind and key.get("crv") == curve and _is_for(key.get("alg"), alg):
            if found:
                return None
            found = key
    return found


def _is_for(named, alg):
    return named in (None, alg) or (named in _ALGORITHMS and _ALGORITHMS[named][1] == _ALGORITHMS[alg][1] == "Ed25519")


class KeySet:
    """The keys at a URL.

    fetch(): a coroutine that gives (bytes, header lines), and raises ValueError with what a person should know. store:
    an `edgelet.storage.kv.KV`. uptime_ms: a clock that does not wrap. unix: one that gives seconds since 1970, or None
    while the time is not known. warn(text) puts a line into the log. sleep(seconds) is a coroutine. Methods raise
    ValueError where there are no keys.
    """

    def __init__(self, url, fetch, store, uptime_ms, unix, warn, sleep=asyncio.sleep):
        self.url = url
        self._fetch = fetch
        self._store = store
        self._uptime_ms = uptime_ms
        self._unix = unix
        self._warn = warn
        self._sleep = sleep
        self._keys = None
        self._lifetime = 0
        self._at = None  # uptime, in seconds, when they were fetched
        self._at_unix = None  # since 1970, where that is known
        self._kept = None  # uptime, in seconds, when they were written last
        self._next = 0  # uptime, in seconds, from which they may be fetched
        self._failure = ""
        self._task = None
        self._ended = None  # an Event: that task
        self._waiting = 0
        self._asked = 0  # uptime, in seconds, of the last call
        self._keeper = None  # the task that keeps them fresh
        self._load()

    async def get(self):
        """The key set, as JSON has it."""
        return {"keys": await self._current()}

    async def key(self, kid, alg):
        """The key of a token whose header has these, text or None; None where it is not there."""
        keys = await self._current()
        if alg not in _ALGORITHMS:
            return None
        found = match(keys, kid, alg)
        if found is None and self._waiting < _WAITING and self._may_fetch():
            await self._refresh()
            found = match(self._keys, kid, alg)
        return found

    async def response(self, again):
        """(header lines, body) of what answers a handler's request for the URL.

        again: it was answered already, and the handler has not found what it looks for.
        """
        await self._current()
        if again and self._waiting < _WAITING and self._may_fetch():
            await self._refresh()
        body = json.dumps({"keys": self._keys}).encode()
        age = self._age() or 0
        lines = "content-type: application/json\r\ncontent-length: %d\r\nage: %d\r\n" % (len(body), age)
        return lines.encode(), body

    def close(self):
        """Nobody wants it any more."""
        for task in (self._task, self._keeper):
            if task:
                task.cancel()

    async def _current(self):
        self._asked = self._now()
        age = self._age()
        is_there = age is not None and age < _STALE
        if not is_there or (age >= self._lifetime and not self._is_kept_fresh()):
            if self._may_fetch():
                await self._refresh()
            age = self._age()
        elif 2 * age >= self._lifetime and self._may_fetch():
            self._begin()
        if age is None or age >= _STALE:
            raise ValueError(self._failure or "the time is not known")
        return self._keys

    def _now(self):
        return self._uptime_ms() // 1000

    def _age(self):
        """Seconds since they were fetched; None where there are none, or where that is not known."""
        if self._at is not None:
            return self._now() - self._at
        now = self._unix() if self._keys is not None else None
        return now - self._at_unix if now is not None and now >= self._at_unix else None

    def _may_fetch(self):
        return self._task is not None or self._now() >= self._next

    async def _refresh(self):
        """Waits for a request, this one's or one that is under way."""
        self._begin()
        self._waiting += 1
        try:
            await self._ended.wait()
        finally:
            self._waiting -= 1

    def _begin(self):
        if self._task is None:
            self._ended = asyncio.Event()
            self._task = asyncio.create_task(self._run())

    def _is_kept_fresh(self):
        return self._keeper is not None and not self._keeper.done()

    async def _keep_fresh(self):
        """Has them fetched before their time is over, until nobody has asked for long."""
        while self._now() - self._asked < _FRESH:
            left = self._lifetime * 3 // 4 - (self._age() or 0)
            await self._sleep(max(left, _AGAIN if self._failure else 1))
            if 4 * (self._age() or 0) >= 3 * self._lifetime and self._may_fetch():
                self._begin()
                await self._ended.wait()

    async def _run(self):
        pause = _RETRY
        try:
            began = self._now()
            document, lines = await self._fetch()
            self._keys = parse(document)
            self._lifetime = lifetime(lines)
            self._at = began
            self._failure = ""
            pause = _PAUSE
            if not self._is_kept_fresh():
                self._keeper = asyncio.create_task(self._keep_fresh())
            self._keep()
        except Exception as e:
            self._failure = str(e) or type(e).__name__
            self._warn(self._failure)
        finally:
            self._next = self._now() + pause
            self._task = None
            self._ended.set()

    def _load(self):
        try:
            kept = json.loads(self._store.get(_KEY) or b"null")
            # Another release may have another URL.
            if isinstance(kept, dict) and kept["url"] == self.url:
                at, seconds = kept["at"], kept["lifetime"]
                if type(at) is int and type(seconds) is int:
                    self._keys = [key for key in [_public(jwk) for jwk in kept["keys"]] if key is not None]
                    self._at_unix, self._lifetime = at, min(seconds, _MOST)
        except (OSError, ValueError, KeyError, TypeError):
            pass  # what is damaged is fetched anew

    def _keep(self):
        """Writes them, for the next start."""
        now = self._unix()
        if now is None or (self._kept is not None and self._now() - self._kept < _KEEP):
            return
        kept = {"url": self.url, "at": now - self._age(), "lifetime": self._lifetime, "keys": self._keys}
        try:
            self._store.put(_KEY, json.dumps(kept))
            self._kept = self._now()
        except (OSError, ValueError) as e:
            self._warn("the keys are not kept over a restart: %s" % e)


async def document(client, function, url):
    """(bytes, header lines) of what is at a URL, for a function. ValueError as `edgelet.outbound.client.Client.fetch`.

    What that function may reach, and the host of the URL, which its project names, too.
    """
    from edgelet.outbound.exchange import Request  # here: this module is the host's, too

    secure, host, port, target = names.split_url(url)
    request = Request("GET", secure, host, port, target, _ACCEPT, None)
    allow = list(function.fetch.get("allow", ()))
    allow.append("%s:%d" % (host, port))
    limits = dict(function.limits)
    limits["fetch_bytes"] = min(limits["fetch_bytes"], DOCUMENT_BYTES)
    try:
        return await asyncio.wait_for(_read(client, function, request, allow, limits), limits["fetch_ms"] / 1000)
    except asyncio.TimeoutError:
        raise ValueError("the keys do not come within %d ms (fetch_ms)" % limits["fetch_ms"]) from None


async def _read(client, function, request, allow, limits):
    response = await client.fetch(limits, allow, function.roots, request, lambda found: None)
    try:
        if response.status != 200:
            raise ValueError("it answers %d" % response.status)
        body = bytearray(response.body or b"")
        while response.is_open:
            part = await response.read()
            if part is None:
                break
            body.extend(part)
        return bytes(body), response.lines
    finally:
        response.close()
