"""The requests that one call of a handler sends."""

from edgelet.outbound.exchange import Request


class Fetches:
    """The operations of JavaScript's fetch, for one call of a function."""

    def __init__(self, function):
        self._function = function
        self._client = function.registry.bindings.client
        self._sent = 0
        self._bodies = {}  # number of a request -> its response, whose body is still to be read

    async def carry_out(self, name, args):
        """The result of an operation. ValueError with what the handler should know."""
        if name == "fetch":
            return await self._send(*args)
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
        function = self._function
        most = function.limits["subrequests"]
        if self._sent >= most:
            raise ValueError("fetch: more than %d requests for one (subrequests)" % most)
        self._sent += 1
        number = self._sent
        allowed = function.fetch.get("allow", ())
        request = Request(method, secure, host, port, target, bytes([ord(c) for c in lines]), body)
        try:
            response = await self._client.fetch(function.limits, allowed, function.roots, request)
        except BaseException:
            # Who is cancelled may have a response already.
            if request.response:
                request.response.close()
            raise
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
