"""What a handler can await of the device through its bindings: the operations behind env.NAME.method().

A plain object among a method's arguments arrives as its JSON text.
"""

import json

from edgelet import clock


class Bindings:
    """The bindings of all functions, each made when it is first used.

    operations: name of an operation -> function(function, *args). It returns the result, a generator of steps that
    returns it, which lets others have their turn, or a `Change` that is yet to be made.
    root: the folder of what the device keeps. settings: `edgelet.storage.config.Settings`. resolver:
    `edgelet.outbound.resolver.Resolver`.
    """

    def __init__(self, root, settings, resolver):
        self._root = root
        self._settings = settings
        self._bindings = {}
        self._commits = None
        self._resolver = resolver
        self._client = None
        self.operations = {
            "kv.get": self.kv_get,
            "kv.put": self.kv_put,
            "kv.delete": self.kv_delete,
            "kv.list": self.kv_list,
            "ratelimit.limit": self.limit,
        }

    def methods(self, kind):
        """What a binding of a kind offers to a handler: the names of its methods."""
        return tuple([name[len(kind) + 1 :] for name in self.operations if name.startswith(kind + ".")])

    def kv(self, function_name, binding):
        """The namespace of a function's binding, as `edgelet.storage.kv.KV`."""
        key = (function_name, binding)
        if key not in self._bindings:
            from edgelet.storage.kv import KV, folder  # here: a device without KV has the RAM for something else

            self._bindings[key] = KV(folder(self._root, *key), self._settings, _now)
        return self._bindings[key]

    def kv_get(self, function, binding, key, kind=None):
        """env.NAME.get(key, type) or get(key, { type }): text, json or arrayBuffer."""
        if kind not in (None, "text", "json", "arrayBuffer"):
            kind = _options(kind).get("type")
        value = self.kv(function.name, binding).get(key)
        if value is None or kind == "arrayBuffer":
            return value
        return json.loads(value) if kind == "json" else value.decode()

    def kv_put(self, function, binding, key, value, options=None):
        """env.NAME.put(key, value, { expirationTtl }): seconds."""
        store = self.kv(function.name, binding)
        record = store.record(value, _options(options).get("expirationTtl"))
        yield from store.prepare(key, record)
        return self._change(store, key, record)

    def kv_delete(self, function, binding, key):
        """env.NAME.delete(key)."""
        store = self.kv(function.name, binding)
        yield from store.prepare(key, None)
        return self._change(store, key, None)

    def _change(self, store, key, record):
        if self._commits is None:
            from edgelet.storage.commits import Commits  # here, as KV

            self._commits = Commits()
        return self._commits.add(store, key, record)

    def kv_list(self, function, binding, options=None):
        """env.NAME.list({ prefix, limit, cursor }): { keys: [{ name }], list_complete, cursor }."""
        given = _options(options)
        arguments = {name: given[name] for name in ("prefix", "limit", "cursor") if given.get(name) is not None}
        entries, cursor = yield from self.kv(function.name, binding).list_steps(**arguments)
        keys = []
        for key, expiry in entries:
            keys.append({"name": key, "expiration": expiry} if expiry else {"name": key})
        if cursor is None:
            return {"keys": keys, "list_complete": True}
        return {"keys": keys, "list_complete": False, "cursor": cursor}

    def limit(self, function, binding, options):
        """env.NAME.limit({ key }): { success }."""
        key = (function.name, binding)
        if key not in self._bindings:
            from edgelet.functions.ratelimit import RateLimit

            wanted = function.bindings[binding]
            places = self._settings["ratelimit_keys"]
            self._bindings[key] = RateLimit(wanted["limit"], wanted["period"], places)
        return {"success": self._bindings[key].limit(_options(options).get("key"))}

    @property
    def client(self):
        """What sends requests of handlers, an `edgelet.outbound.client.Client`."""
        if self._client is None:
            from edgelet.outbound.client import Client  # here, as KV

            self._client = Client(self._resolver)
        return self._client

    def forget(self, function_name):
        """The function has been deployed anew or is no more: bindings that live in RAM begin again."""
        for key in list(self._bindings):
            if key[0] == function_name:
                del self._bindings[key]


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
