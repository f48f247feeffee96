"""The requests that one call of a handler sends, to other servers and to functions of this device."""


class Fetches:
    """The operations of JavaScript's fetch, for one `edgelet.functions.pending.PendingCall`."""

    def __init__(self, call):
        self._call = call
        self._function = call.function
        self._calls = call.connection.calls or [0]  # see `edgelet.functions.service`
        self._sent = 0
        self._bodies = {}  # number of a request -> its response, whose body is still to be read

    async def carry_out(self, name, args):
        """The result of an operation. ValueError with what the handler should know."""
        if name == "fetch":
            return await self._send(*args)
        if name == "fetch.service":
            return await self._ask(*args)
        response = self._bodies.get(args[0])
        part = None
        if response and name == "fetch.read":
            part = await response.read()
        if part is None:
            self._forget(args[0])
        return part

    async def _send(self, method, secure, host, port, target, lines, body):
        """[status, reason, header lines, body]: the body is bytes, None, or a number for `fetch.read`.

        lines: header lines, a character for each byte.
        """
        from edgelet.outbound.exchange import Request  # here: who calls functions only has the RAM for something else

        number = self._count()
        function = self._function
        lines = _bytes(lines)
        request = Request(method, secure, host, port, target, lines, body)
        client, allow = function.registry.bindings.client, function.fetch.get("allow", ())

        def inside(found):
            return self._inside(found, method, secure, host, port, target, lines, body)

        try:
            response = await client.fetch(function.limits, allow, function.roots, request, inside)
        except BaseException:
            # Who is cancelled may have a response already.
            if request.response:
                request.response.close()
            raise
        return self._given(number, response)

    def _inside(self, found, method, secure, host, port, target, lines, body):
        """What gives the answer of a function to a request to these addresses; None where they are not the device's."""
        server = self._call.connection.server
        here = port == server.port and secure == (server.scheme == "https")
        if not here or not any(server.is_here(address) for address in found):
            return None
        from edgelet.functions import service  # here, as above

        head = service.head(method, secure, host, port, target, lines, body)
        function = server.find_function(head)
        if function is None:
            return None
        return service.ask(self._call, self._calls, function, head, secure, body, False)

    async def _ask(self, method, secure, host, port, target, lines, body, binding):
        """As `_send`, of the function that a binding names."""
        from edgelet.functions import service  # here, as above

        number = self._count()
        name = self._function.bindings[binding]["function"]
        function = self._function.registry.get(name)
        if function is None:
            raise ValueError("Error: %s: there is no function %s on this device: deploy it" % (binding, name))
        head = service.head(method, secure, host, port, target, _bytes(lines), body)
        return self._given(number, await service.ask(self._call, self._calls, function, head, secure, body, True))

    def _count(self):
        """The number of a further request."""
        most = self._function.limits["subrequests"]
        if self._sent >= most:
            raise ValueError("fetch: more than %d requests for one (subrequests)" % most)
        self._sent += 1
        return self._sent

    def _given(self, number, response):
        """What JavaScript gets of a response."""
        if response.is_open:
            self._bodies[number] = response
        return [response.status, response.reason, response.lines, number if response.is_open else response.body]

    def take(self, number):
        """The response of that number, which is somebody else's to close from now on; None where it is closed."""
        return self._bodies.pop(number, None)

    def _forget(self, number):
        response = self.take(number)
        if response:
            response.close()

    def close(self):
        """The call is over."""
        for number in list(self._bodies):
            self._forget(number)


def _bytes(lines):
    return bytes([ord(c) for c in lines])
