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
        self._hosts = {}  # host name, "" for every host -> {route: function}, the route "/" as ""
        self._segments = 0  # of the longest route

    def replace(self, functions):
        """Sets the routes of `functions`, each with `hosts` (empty: every host) and `routes`."""
        hosts = {}
        segments = 0
        for function in functions:
            for host in function.hosts or ("",):
                routes = hosts.setdefault(host, {})
                for route in function.routes:
                    route = route if route != "/" else ""
                    routes.setdefault(route, function)
                    segments = max(segments, route.count("/"))
        self._hosts = hosts
        self._segments = segments

    def find(self, authority, target):
        """The function for a Host header's value and a request target, or None."""
        hosts = self._hosts
        if len(hosts) != 1 or "" not in hosts:
            routes = hosts.get(host_name(authority))
            if routes is not None:
                function = self._match(routes, target)
                if function is not None:
                    return function
        routes = hosts.get("")
        return self._match(routes, target) if routes else None

    def _match(self, routes, target):
        query = target.find("?")
        path = target if query < 0 else target[:query]
        found = routes.get("")
        end = 0
        for _ in range(self._segments):
            end = path.find("/", end + 1)
            if end < 0:
                return routes.get(path, found)
            found = routes.get(path[:end], found)
        return found
