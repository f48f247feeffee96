"""The requests that one call of a handler sends, to other servers and to functions of this device."""

from edgelet import names


class Fetches:
    """The operations of JavaScript's fetch, for one `edgelet.functions.pending.PendingCall`."""

    def __init__(self, call):
        self._call = call
        self._function = call.function
        self._calls = call.connection.calls or [0]  # see `edgelet.functions.service`
        self._sent = 0
        self._bodies = {}  # number of a request -> its response, whose body is still to be read
        self._answered = {}  # names of bindings of type "jwks" that have answered a request -> True
        self._uploads = {}  # id of an operation that sends a request -> its `edgelet.outbound.upload.Upload`

    async def carry_out(self, id, name, args):
        """The result of the operation of that id, of a name that begins with "fetch" or "jwks".

        ValueError with what the handler should know.
        """
        if name == "fetch" or name == "fetch.service":
            return await (self._send if name == "fetch" else self._ask)(id, *args)
        if name == "fetch.write":
            return await self._write(*args)
        if name == "fetch.end":
            return self._end(*args)
        if name == "jwks.get":
            return await self._key_set(args[0]).get()
        if name == "jwks.key":
            return await self._key_set(args[0]).key(*args[1:])
        response = self._bodies.get(args[0])
        part = None
        if response and name == "fetch.read":
            part = await response.read()
        if part is None:
            self._forget(args[0])
        return part

    async def _write(self, id, part):
        upload = self._uploads.get(id)
        if upload is None:
            raise ValueError("fetch: nobody takes the request's body")
        await upload.put(part)

    def _end(self, id, is_whole):
        """Nothing follows of a request's body; is_whole says whether it is all there."""
        upload = self._uploads.pop(id, None)
        if upload and is_whole:
            upload.end()
        elif upload:
            upload.close("the request's body is cut off")

    def _body(self, id, body):
        """A request's body as it is sent: what stands for a stream is a number, see `web_fetch.c`."""
        if type(body) is not int:
            return body
        from edgelet.outbound.upload import Upload  # here: few send any

        self._uploads[id] = upload = Upload(None if body < 0 else body, self._function.limits["fetch_bytes"])
        return upload

    async def _send(self, id, method, secure, host, port, target, lines, body):
        """[status, reason, header lines, body, whether no more of the request's body is wanted, unpacks_gzip].

        The body is bytes, None, or a number for `fetch.read`; unpacks_gzip: see `Exchange`. lines: header lines, a
        character for each byte. body: bytes, None, or the length of a stream, of which -1 says that it is not known.
        """
        from edgelet.outbound.exchange import Request  # here: who calls functions only has the RAM for something else

        number = self._count()
        function = self._function
        kept = self._named(secure, host, port, target) if method == "GET" else None
        if kept:
            lines, body = await self._key_set(kept).response(kept in self._answered)
            self._answered[kept] = True
            return [200, "", lines, body, False, False]
        lines = _bytes(lines)
        body = self._body(id, body)
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
            self._end(id, False)
            raise
        return self._given(number, response, id)

    def _named(self, *url):
        """The binding of type "jwks" that a GET is for; None where there is none."""
        for name, options in self._function.bindings.items():
            if options["type"] == "jwks" and names.split_url(options["url"]) == url:
                return name
        return None

    def _key_set(self, binding):
        return self._function.registry.bindings.key_set(self._function, binding)

    def _inside(self, found, method, secure, host, port, target, lines, body):
        """What gives the answer of a function to a request to these addresses; None where they are not the device's."""
        server = self._call.connection.server
        here = port == server.port and secure == (server.scheme == "https")
        if not here or not any(server.is_here(address) for address in found):
            return None
        from edgelet.functions import service  # here, as above

        head = service.head(method, secure, host, port, target, lines)
        function = server.find_function(head)
        if function is None:
            return None
        return _unclassed(service.ask(self._call, self._calls, function, head, secure, body, False))

    async def _ask(self, id, method, secure, host, port, target, lines, body, binding):
        """As `_send`, of the function that a binding names."""
        from edgelet.functions import service  # here, as above

        number = self._count()
        name = self._function.bindings[binding]["function"]
        function = self._function.registry.get(name)
        if function is None:
            raise ValueError("Error: %s: there is no function %s on this device: deploy it" % (binding, name))
        head = service.head(method, secure, host, port, target, _bytes(lines))
        body = self._body(id, body)
        try:
            response = await service.ask(self._call, self._calls, function, head, secure, body, True)
        except BaseException:
            self._end(id, False)
            raise
        return self._given(number, response, id)

    def _count(self):
        """The number of a further request."""
        most = self._function.limits["subrequests"]
        if self._sent >= most:
            raise ValueError("fetch: more than %d requests for one (subrequests)" % most)
        self._sent += 1
        return self._sent

    def _given(self, number, response, id):
        """What JavaScript gets of a response to the request that the operation of that id has sent."""
        if response.is_open:
            self._bodies[number] = response
        body = number if response.is_open else response.body
        upload = self._uploads.get(id)
        ends = upload is not None and upload.is_closed
        return [response.status, response.reason, response.lines, body, ends, response.unpacks_gzip]

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
        for id in list(self._uploads):
            self._end(id, False)


async def _unclassed(answer):
    """What an awaitable gives; its ValueErrors do not name an error's class, as those of `fetch` are all TypeErrors."""
    try:
        return await answer
    except ValueError as e:
        text = str(e)
        raise ValueError(text[7:] if text.startswith("Error: ") else text) from None


def _bytes(lines):
    return bytes([ord(c) for c in lines])
