"""Which function a request is for: by host name, then by the longest path prefix."""


def host_name(authority):
    """The host of a Host header's value without its port, in lower case. IPv6 keeps its brackets."""
    if authority.endswith("]"):
        return authority
    host, colon, port = authority.rpartition(":")
    return host if colon and not port.strip("0123456789") else authority


class Table:
    """Routes of functions. A route is a path prefix of whole segments: "/a" is for /a and /a/b, not for /ab."""

    def __init__(self):
        # Host name, "" for every host -> [(route, function)], longest route first.
        self._hosts = {}

    def replace(self, functions):
        """Sets the routes of `functions`, each with `hosts` (empty: every host) and `routes`."""
        hosts = {}
        for function in functions:
            for host in function.hosts or ("",):
                routes = hosts.setdefault(host, [])
                for route in function.routes:
                    routes.append((route if route != "/" else "", function))
        for routes in hosts.values():
            routes.sort(key=lambda pair: len(pair[0]), reverse=True)
        self._hosts = hosts

    def find(self, authority, target):
        """The function for a Host header's value and a request target, or None."""
        hosts = self._hosts
        if len(hosts) != 1 or "" not in hosts:
            routes = hosts.get(host_name(authority))
            if routes is not None:
                function = _match(routes, target)
                if function is not None:
                    return function
        routes = hosts.get("")
        return _match(routes, target) if routes else None


def _match(routes, target):
    for route, function in routes:
        if target.startswith(route):
            end = len(route)
            if end == 0 or len(target) == end or target[end] in "/?":
                return function
    return None
