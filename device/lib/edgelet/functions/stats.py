"""What is counted of a function's requests."""

#: Upper bounds of the latency histogram's buckets, in milliseconds of wall time.
BUCKETS = (1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000)


class Stats:
    """What is counted of a function since the device started."""

    def __init__(self):
        self.requests = 0
        self.errors = {}  # kind -> count
        self.cpu_us = 0
        self.operations_us = 0  # what its handlers' operations took of the event loop's time
        self.wall_us = 0
        self.peak = 0  # most bytes of an arena that a call used
        self.buckets = [0] * (len(BUCKETS) + 1)

    def add(self, kind, wall_us, cpu_us, peak):
        """Counts one request; kind is "ok" or that of its error."""
        self.requests += 1
        self.cpu_us += cpu_us
        self.wall_us += wall_us
        if peak > self.peak:
            self.peak = peak
        if kind != "ok":
            self.errors[kind] = self.errors.get(kind, 0) + 1
        i = 0
        for bound in BUCKETS:
            if wall_us <= bound * 1000:
                break
            i += 1
        self.buckets[i] += 1
