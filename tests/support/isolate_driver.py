"""Runs handlers and prints what came of them. MicroPython code, the same on Linux and on boards.

`run` prints a list with one tuple a request: (outcome, status or message, headers, body, logs). The outcome is "done",
an error's kind, or "unsettled" where the handler still waited when all its timers had fired.
"""

import gc

import quickjs

# Boards have one arena of their own size.
arena = quickjs.Arena() if arena_size is None else quickjs.Arena(arena_size)  # noqa: F821


def settle(call):
    """Fires the call's timers in the order of their times, without waiting, and answers its other operations.

    Gives what was sent of a response whose body is a stream.
    """
    now = 0
    sent = b""
    timers = []
    while call.state == quickjs.PENDING or call.background:
        ops = call.ops()
        for number, name, args in ops:
            if name == "timer":
                timers.append((now + args[0], number, args))
            elif name == "echo.say":
                call.resolve(number, args[1])
            elif name == "body.write":
                sent += args[0]
                call.resolve(number)
            elif name == "work":
                call.resolve(number, 1000)
            else:
                call.reject(number, name + " is not supported")
        cancelled = call.cancelled()
        timers = sorted(timer for timer in timers if timer[1] not in cancelled)
        if timers:
            now, number, (ms, repeat) = timers.pop(0)
            if repeat:
                timers.append((now + ms, number, (ms, repeat)))
            call.resolve(number)
        elif not ops:
            break
    return sent


def outcome(call, sent):
    logs = call.logs()
    if call.error:
        return call.error.kind, call.error.message, call.error.stack, b"", logs
    if call.state == quickjs.PENDING:
        return "unsettled", 0, b"", b"", logs
    return "done", call.status, call.headers, sent if call.body is None else call.body, logs


def build_outside(bundle, **options):
    """An image whose functions have their code outside of it, as in a board's flash."""
    code = bytearray(len(bundle) * 3 // 8 * 8)
    arena.read_code(0, code, bundle, keep=False, code=code, **options)
    draft = arena.build(bundle, keep=False, code=code, **options)
    saved = bytearray(draft.saved_size)
    draft.readinto(saved)
    return arena.map(saved, code)


def run(bundle, requests, outside=False, **options):
    build = build_outside if outside else arena.build
    try:
        image = build(bundle, bindings={"ECHO": ("echo", ("say", "shout"))}, **options)
    except quickjs.Error as error:
        print([(error.kind, error.message, error.stack, b"", [])])
        return
    results = []
    for method, target, body in requests:
        call = image.start(method, target, b"x-test: 1\r\n", body, "edge.local")
        results.append(outcome(call, settle(call)))
        call.abandon()
        gc.collect()
    image.erase()
    print(results)


def attack(bundle, neighbour, paths, cpu_ms):
    """Prints for each path how a hostile script ended, its CPU time in us, and what is answered right after.

    The answers come from the image that was attacked, where there is one, and from another one in the same arena.
    """
    images = [arena.build(neighbour)]
    for path in paths:
        kind, cpu_us = "done", 0
        try:
            images.append(arena.build(bundle, cpu_ms=cpu_ms))
            call = images[-1].start("GET", path, None)
            if call.state == quickjs.ERROR:
                kind = call.error.kind
            elif call.state == quickjs.PENDING:
                kind = "pending"
            cpu_us = call.cpu_us
            call.abandon()
        except quickjs.Error as error:
            kind = error.kind
        answers = [image.start("GET", "/ok", None).body for image in reversed(images)]
        print(kind, cpu_us, b",".join(answers).decode())
        for image in images[1:]:
            image.erase()
        del images[1:]
