"""What a handler can await of the device through its bindings: the operations behind env.NAME.method().

A plain object among a method's arguments arrives as its JSON text.
"""

import gc
import json

from edgelet import clock, log
from edgelet.storage import files
from edgelet.storage.config import ROOTS


class Bindings:
    """The bindings of all functions, each made when it is first used.

    operations: name of an operation -> function(function, *args). It returns the result, a generator of steps that
    returns it, which lets others have their turn, or a `Change` that is yet to be made.
    root: the folder of what the device keeps. settings: `edgelet.storage.config.Settings`. resolver:
    `edgelet.outbound.resolver.Resolver`. has_one_arena: whether the device has memory for one arena only.
    """

    def __init__(self, root, settings, resolver):
        self.has_one_arena = False
        self._root = root
        self._settings = settings
        self._bindings = {}
        self._commits = None
        self._cache = None
        self._resolver = resolver
        self._client = None
        self.operations = {
            "kv.get": self.kv_get,
            "kv.put": self.kv_put,
            "kv.delete": self.kv_delete,
            "kv.list": self.kv_list,
            "ratelimit.limit": self.limit,
        }

    def check(self, bindings):
        """Raises ValueError where a release has a binding that this device cannot offer."""
        for name, options in bindings.items():
            if options["type"] == "service" and self.has_one_arena:
                raise ValueError(
                    "binding %s of type service: this device has one arena, and the function that calls another needs "
                    "it as well as that one: put both into one function, or deploy to a device with several (Linux)"
                    % name
                )

    def prepare(self, function):
        """Loads what the requests of a function will need. In their rush it would tear a board's heap for good."""
        from edgelet.functions import redaction, streaming  # noqa: F401

        kinds = [options["type"] for options in function.bindings.values()]
        if "kv" in kinds or "jwks" in kinds:
            from edgelet.storage import commits, kv  # noqa: F401
        if "ratelimit" in kinds:
            from edgelet.functions import ratelimit  # noqa: F401
        if "allow" in function.fetch or "jwks" in kinds:
            from edgelet.functions import fetches  # noqa: F401
            from edgelet.outbound import client, dns, exchange  # noqa: F401

    def open(self, function):
        """Makes the bindings of a function that comes into service on a board, for the reason that `prepare` has."""
        gc.collect()  # so that what stays has the lowest places that there are
        try:
            for name, options in function.bindings.items():
                if options["type"] in ("kv", "jwks"):
                    self.kv(function.name, name)
                    self._committing  # noqa: B018
                elif options["type"] == "ratelimit":
                    self._rate_limit(function, name)
            if "allow" in function.fetch:
                self.client  # noqa: B018
        except MemoryError:
            pass  # The request that needs one makes it, and fails where it must.

    def offer(self, kind):
        """What a binding of a kind is to a handler, as `quickjs.Arena.build` takes it: (kind, names of its methods).

        A kind that is a class of the engine has its methods there (firmware/quickjs_module/workers/).
        """
        if kind == "kv":
            return "KvNamespace", ()
        if kind == "service":
            return "Fetcher", ()
        if kind == "jwks":
            return "Jwks", ()
        return kind, tuple([name[len(kind) + 1 :] for name in self.operations if name.startswith(kind + ".")])

    def kv(self, function_name, binding):
        """The namespace of a function's binding, as `edgelet.storage.kv.KV`."""
        key = (function_name, binding, "kv")
        if key not in self._bindings:
            from edgelet.storage.kv import KV, folder  # here: a device without KV has the RAM for something else
            from edgelet.storage.kv_cache import Cache

            if self._cache is None:
                self._cache = Cache(self._settings["kv_cache_bytes"])
            place = folder(self._root, function_name, binding)
            self._bindings[key] = KV(place, self._settings, _now, self._cache.part())
        return self._bindings[key]

    def kv_get(self, function, binding, key, as_text):
        """A key's [value, metadata as JSON or None]; None where there is none.

        The value is bytes, or text where that is wanted and they are UTF-8.
        """
        found = self.kv(function.name, binding).get_with_metadata(key)
        if found is None:
            return None
        value, metadata = found
        if as_text:
            try:
                value = value.decode()
            except UnicodeError:
                pass  # Workers have characters in place of what is none, which JavaScript puts there.
        return [value, metadata and metadata.decode()]

    def kv_put(self, function, binding, key, value, expiration, ttl, metadata):
        """Sets a key's value, text or bytes: see `edgelet.storage.kv.KV.record`."""
        store = self.kv(function.name, binding)
        record = store.record(value, ttl, expiration, metadata)
        yield from store.prepare(key, record)
        return self._change(store, key, record)

    def kv_delete(self, function, binding, key):
        """Removes a key."""
        store = self.kv(function.name, binding)
        yield from store.prepare(key, None)
        return self._change(store, key, None)

    def _change(self, store, key, record):
        return self._committing.add(store, key, record)

    @property
    def _committing(self):
        if self._commits is None:
            from edgelet.storage.commits import Commits  # here, as KV

            self._commits = Commits()
        return self._commits

    def kv_list(self, function, binding, prefix, limit, cursor):
        """[[(name, expiration or None, metadata as JSON or None)], cursor or None]; None for what is not asked for."""
        given = {"prefix": prefix, "limit": limit, "cursor": cursor}
        # As in Workers, no limit is one of 0.
        arguments = {name: value for name, value in given.items() if value not in (None, 0)}
        return list((yield from self.kv(function.name, binding).list_steps(**arguments)))

    def limit(self, function, binding, options):
        """env.NAME.limit({ key }): { success }."""
        return {"success": self._rate_limit(function, binding).limit(_options(options).get("key"))}

    def _rate_limit(self, function, binding):
        key = (function.name, binding, "ratelimit")
        wanted = function.bindings[binding]
        counted = self._bindings.get(key)
        # Another release may have other numbers.
        if counted is None or counted[0] != wanted:
            from edgelet.functions.ratelimit import RateLimit

            places = self._settings["ratelimit_keys"]
            self._bindings[key] = counted = wanted, RateLimit(wanted["limit"], wanted["period"], places)
        return counted[1]

    def key_set(self, function, binding):
        """The keys of a function's binding, as `edgelet.functions.jwks.KeySet`."""
        key = (function.name, binding, "jwks")
        url = function.bindings[binding]["url"]
        _, found = self._bindings.get(key) or (None, None)
        # Another release may have another URL.
        if found is None or found.url != url:
            from edgelet.functions.jwks import KeySet, document  # here, as KV

            if found:
                found.close()

            async def fetch():
                # What may be reached, and who is trusted, is that of the function's release of today.
                return await document(self.client, self._bindings[key][0], url)

            def warn(text):
                log.warn("%s: %s" % (binding, text), function=function.name)

            found = KeySet(url, fetch, self.kv(function.name, binding), clock.uptime_ms, _now, warn)
        self._bindings[key] = function, found
        return found

    @property
    def client(self):
        """What sends requests of handlers, an `edgelet.outbound.client.Client`."""
        if self._client is None:
            from edgelet.outbound.client import Client  # here, as KV

            self._client = Client(self._resolver, self._read_roots)
        return self._client

    def _read_roots(self):
        """The device's own roots, DER one after the other; b"" where the owner has set none."""
        path = self._root + "/" + ROOTS
        if files.kind(path) != "file":
            return b""
        with open(path, "rb") as file:
            return file.read()

    def forget(self, function_name):
        """The function has been deployed anew or is no more: bindings that live in RAM begin again."""
        for key in list(self._bindings):
            if key[0] == function_name:
                binding = self._bindings.pop(key)
                if key[2] == "jwks":
                    binding[1].close()


def _options(text):
    """The options object that a method was given as its last argument, a dict."""
    if text is None:
        return {}
    try:
        options = json.loads(text)
    except (TypeError, ValueError):
        options = None
    if not isinstance(options, dict):
        raise ValueError("options must be an object")
    return options


def _now():
    """Seconds since 1970, or None while the clock is not set."""
    return clock.unix_ms() // 1000 if clock.is_set() else None
