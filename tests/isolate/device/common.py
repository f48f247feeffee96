"""What the tests in this folder share."""

import time

import quickjs


def build(source, arena=None, **options):
    """An image of the handler in `source`: text of main.js, or a dict of files."""
    files = source if isinstance(source, dict) else {"main.js": source}
    return (arena or quickjs.Arena(512 * 1024)).build(quickjs.compile(files), **options)


def start(source, **options):
    """A call of the handler in `source`."""
    return build(source, **options).start("GET", "/", None)


def handler(body):
    """The source of an async handler with this function body."""
    return "export default { async fetch(request, env, ctx) { " + body + " } }"


def answer(source, **options):
    """The body of the handler's response."""
    call = start(source, **options)
    assert call.state == quickjs.DONE, call.error
    return call.body


def work(call, us=5000):
    """Let a call compute, in slices of so many microseconds, until it has ended or awaits something else."""
    ops = call.ops()
    while ops and call.state == quickjs.PENDING:
        for number, name, _ in ops:
            assert name == "work", name
            if call.state == quickjs.PENDING:
                call.resolve(number, us)
        ops = call.ops()
    return call


def slices_of(calls, between):
    """Give calls slices in turns, as short as they can be, until all have ended; how many that were.

    The first computation of each is an endless one, for which nobody waits: beside it even the first slice of
    the others is short, however fast the machine.
    """
    count = 0
    while any(call.state == quickjs.PENDING for call in calls):
        for call in calls:
            if call.state == quickjs.PENDING:
                for number, name, args in call.ops():
                    assert (name, args) == ("work", ())
                    if call.state == quickjs.PENDING and number > 1:
                        call.resolve(number, 0)
                        count += 1
                        between()
    return count


# A machine that stands still for milliseconds, as a virtual one does now and then, was seen once in three million
# pages that are touched for the first time. A fault would end each turn so.
MOST_STANDSTILLS = 3
standstills = 0


def stood_still(limit_ms, used_us):
    """Counts what ended by a CPU limit although it takes next to nothing: only where that time was really used."""
    global standstills
    standstills += 1
    assert used_us >= limit_ms * 1000, used_us
    assert standstills <= MOST_STANDSTILLS


def built(arena, bundle, cpu_ms, **options):
    """An image whose top level takes next to nothing, with a CPU limit of some milliseconds."""
    while True:
        began = time.ticks_us()
        try:
            return arena.build(bundle, cpu_ms=cpu_ms, **options)
        except quickjs.Error as error:
            if error.kind != "cpu":
                raise
            stood_still(cpu_ms, time.ticks_diff(time.ticks_us(), began))


def answered(image, cpu_ms, *request):
    """A call that takes next to nothing, of an image with a CPU limit of some milliseconds."""
    while True:
        call = image.start("GET", *request)
        if not (call.error and call.error.kind == "cpu"):
            return call
        stood_still(cpu_ms, call.cpu_us)


def fails(kind, function, *arguments, **options):
    """Call a function that must raise quickjs.Error of this kind, and return the error."""
    try:
        function(*arguments, **options)
    except quickjs.Error as error:
        assert error.kind == kind, f"{error.kind}: {error.message}"
        return error
    raise AssertionError("no error of kind " + kind)


def raises(error, function, *arguments, **options):
    """Call a function that must raise this exception, and return it."""
    try:
        function(*arguments, **options)
    except error as e:
        return e
    raise AssertionError("no " + error.__name__)
