"""Runs one bundle and prints what came of requests to it. MicroPython code.

Standard input is a line with the size of what follows, and JSON: `files` (path to source), `env`, `memory` (bytes or
null) and `calls`, a list of objects with `method`, `target`, `headers` (text), `body` (a list of hex digits, or null),
`host`, `scheme`, `peer`. Standard output has two lines for each call. One is a JSON object: `state`, `background`, and
`status` and `headers` (hex digits) or `kind` and `message`; all of them where a body that is a stream could not go on.
The other is the body (hex digits).

MicroPython takes quadratic time for a long text in JSON, and for a file whose size it does not know.
"""

import binascii
import json
import sys

import quickjs


def settle(call):
    """Fires timers in their order, without waiting, until the call has ended and its background too.

    Gives what was sent of a response whose body is a stream.
    """
    sent = b""
    timers, work = [], []
    while call.state == quickjs.PENDING or call.background:
        for op, name, args in call.ops():
            if name == "timer":
                timers.append((args[0], op))
            elif name == "body.write":
                sent += args[0]
                timers.append((-1, op))
            elif name == "work":
                work.append(op)
        timers.sort()
        if work:
            call.resolve(work.pop(0), 1000)
        elif timers:
            call.resolve(timers.pop(0)[1])
        else:
            break
    return sent


def report(call):
    state = "pending" if call.state == quickjs.PENDING else "ended"
    result, body = {"state": state, "background": call.background}, b""
    sent = settle(call)
    if call.state == quickjs.DONE:
        result["status"] = call.status
        result["headers"] = binascii.hexlify(call.headers).decode()
        body = sent if call.body is None else call.body
    if call.error:
        result["kind"] = call.error.kind
        result["message"] = call.error.message
    print(json.dumps(result))
    print(binascii.hexlify(body).decode())
    call.abandon()


def main():
    work = json.loads(sys.stdin.read(int(sys.stdin.readline())))
    arena = quickjs.Arena(48 * 1024 * 1024)
    try:
        bundle = quickjs.compile(work["files"], event_2=work["event_2"])
        image = arena.build(bundle, env=work["env"], cpu_ms=60000, memory=work["memory"])
    except quickjs.Error as error:
        print(json.dumps({"state": "refused", "kind": error.kind, "message": error.message}))
        print()
        return
    for call in work["calls"]:
        body = call["body"] if call["body"] is None else b"".join(map(binascii.unhexlify, call["body"]))
        report(
            image.start(
                call["method"],
                call["target"],
                call["headers"].encode(),
                body,
                call["host"],
                call["scheme"],
                call["peer"],
            )
        )


main()
