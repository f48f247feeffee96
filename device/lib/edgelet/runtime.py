"""The device's main program: the server and the console in one event loop.

On a board main.py calls `run`. On Linux the firmware is started as

    micropython -m edgelet.runtime DATA [--host ADDRESS] [--port PORT] [--json] [--cert FILE --key FILE] [--workers N]

DATA is the folder of what the device keeps. --json prints the log as lines of JSON. With a certificate and its key,
both in PEM, the server speaks https. With more workers than one, so many processes serve (`edgelet.processes`).
"""

import asyncio
import gc
import sys

from edgelet import event_loop, log
from edgelet.console.repl import Console
from edgelet.device import Device

# Garbage is collected whenever so many bytes have been allocated. On a board what lives long then goes to the lower end
# of the heap, and the upper end stays in one piece: else the largest free block of a Pico is 5 KB of 54 after three
# deploys. On Linux the heap is address space, and this bounds how much of it becomes memory.
_COLLECT_BYTES = 8 << 20 if sys.platform == "linux" else 8192
# On Linux most collections come before that, between requests: a collection costs what is in use, so one is due when as
# much again has been allocated, within these bounds. It is looked after this often while there are clients.
_COLLECT_EARLY_BYTES = (1 << 20, 16 << 20)
_COLLECT_MS = 250
#: Worker processes.
MOST_WORKERS = 64


async def collect_garbage(server):
    """Collects garbage between a server's requests, for ever."""
    least, most = _COLLECT_EARLY_BYTES
    gc.collect()
    used = gc.mem_alloc()
    while True:
        await asyncio.sleep_ms(_COLLECT_MS)
        allocated = gc.mem_alloc()
        used = min(used, allocated)
        due = min(max(used, least), most)
        if server.connections and allocated - used > due:
            gc.collect()
            used = gc.mem_alloc()
            gc.threshold(_COLLECT_BYTES + min(used, most))


async def _serve(root, host, port, as_json, certificate, services, region, restarts):
    """Runs the device until the console asks for a restart."""
    gc.threshold(_COLLECT_BYTES)
    device = Device(root, region)
    device.restarts = restarts
    device.listens_at = "%s:%d" % (host, port)
    device.certificate = certificate
    device.start()
    tasks = [asyncio.create_task(service(device)) for service in services]
    if sys.platform == "linux":
        tasks.append(asyncio.create_task(collect_garbage(device.server)))
    tasks.append(asyncio.create_task(device.deployment.prepare()))
    ssl = certificate.context if certificate else None
    server = asyncio.create_task(device.server.start_server(host, port, ssl=ssl))
    await asyncio.sleep_ms(0)
    if server.done():
        # It could not listen; awaiting it raises what went wrong.
        await server
    log.info("listening on %s://%s:%d" % ("https" if ssl else "http", host, port))
    try:
        await Console(as_json).serve()
    finally:
        for task in tasks:
            task.cancel()
        device.server.shutdown()
        # Its task closes the listener, which the next run opens anew.
        await asyncio.sleep_ms(0)
        device.stop()
        device.server.close()


def run(root, host="0.0.0.0", port=80, as_json=False, certificate=None, services=(), region=None):
    """Runs the device for ever. services: coroutine functions that get the `Device`, for what only this board has.

    certificate: an `edgelet.http.certificate.Certificate`, for https.
    region: flash for images, see `edgelet.storage.image_slots`; without it they are in RAM.
    Raises OSError where it cannot listen.
    """
    restarts = 0
    while True:
        event_loop.prepare()
        asyncio.run(_serve(root, host, port, as_json, certificate, services, region, restarts))
        asyncio.new_event_loop()
        restarts += 1
        log.info("restarting")


def _options(argv):
    options = {"--host": "127.0.0.1", "--port": "8080", "--cert": None, "--key": None, "--workers": "1"}
    rest = []
    argv = list(argv)
    while argv:
        word = argv.pop(0)
        if word in options:
            if not argv:
                raise ValueError("%s needs a value" % word)
            options[word] = argv.pop(0)
        else:
            rest.append(word)
    return options, rest


def _certificate(cert, key):
    from edgelet.http.certificate import Certificate  # here: boards do not speak TLS

    return Certificate(cert, key)


def _make_private(root):
    """Keeps other users of this computer away from what the device keeps."""
    import _process
    from edgelet.storage.files import NAMES

    _process.make_private(["%s/%s" % (root, name) for name in NAMES])


def _run_workers(root, options, as_json, count):
    """As `run`, in several processes; the exit status."""
    from edgelet.processes import owner, supervisor, worker  # here: a device of one process, and a board, has none

    at = options["--host"], int(options["--port"])
    certificate = (options["--cert"], options["--key"]) if options["--cert"] else None
    gc.threshold(_COLLECT_BYTES)

    def own(control):
        try:
            return owner.run(control, root, at, count, as_json, certificate)
        except (OSError, ValueError) as e:
            print("edgelet: %s" % e, file=sys.stderr)
            return 1

    def work(link, listener, arena):
        return worker.run(link, listener, arena, root, at, collect_garbage)

    return supervisor.Supervisor(root, at[0], at[1], count, own, work).run()


def main(argv):
    """The command line on Linux; returns the exit status."""
    try:
        options, rest = _options(argv)
        as_json = "--json" in rest
        rest = [word for word in rest if word != "--json"]
        if len(rest) != 1:
            options = "[--host ADDRESS] [--port PORT] [--json] [--cert FILE --key FILE] [--workers N]"
            raise ValueError("usage: DATA " + options)
        _make_private(rest[0])
        workers = int(options["--workers"])
        if not 1 <= workers <= MOST_WORKERS:
            raise ValueError("--workers must be from 1 to %d" % MOST_WORKERS)
        if workers > 1:
            return _run_workers(rest[0], options, as_json, workers)
        certificate = _certificate(options["--cert"], options["--key"]) if options["--cert"] else None
        run(rest[0], options["--host"], int(options["--port"]), as_json, certificate)
    except (OSError, ValueError) as e:
        print("edgelet: %s" % e, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
