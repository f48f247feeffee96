"""What the tests in this folder share."""

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
