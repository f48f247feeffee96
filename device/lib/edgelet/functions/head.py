"""The head of a request that is no client's: the console asks, or a function."""


class Head:
    """A request's head as the server gives it to a function: see `httpparse.Head`."""

    minor = 1  # of HTTP's version

    def __init__(self, method, target, host, headers, length):
        self.method = method
        self.target = target
        self.host = host
        self.headers = headers
        self.length = length

    def has_body(self, length):
        """A body of so many bytes follows."""
        self.length = length
        self.headers += b"content-length: %d\r\n" % length
