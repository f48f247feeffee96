"""`edgelet invoke`."""

import base64
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgelet_host.commands.options import chosen_device, device_option, function_argument, json_option
from edgelet_host.commands.values import read_text
from edgelet_host.errors import EdgeletError
from edgelet_host.terminal import print_json, say

if TYPE_CHECKING:
    from edgelet_host.device.invocation import Answer


@click.command()
@function_argument
@click.option("--method", help="By default GET, or POST with a body.")
@click.option("--path", "target", default="", help="Path and query; by default the function's first route.")
@click.option(
    "--header", "headers", multiple=True, metavar="NAME:VALUE|@FILE", help="A header, or a file of such lines."
)
@click.option("--data", type=click.Path(), help="File with the body, - for standard input.")
@click.option("--event", type=click.Path(), help="File with a saved Lambda event to send instead.")
@json_option
@device_option
def invoke(
    function: str,
    method: str | None,
    target: str,
    headers: tuple[str, ...],
    data: str | None,
    event: str | None,
    as_json: bool,
    devices: tuple[str, ...],
) -> None:
    """Send a request to FUNCTION over the console, and print its answer, CPU time and log.

    It needs no network. Put a token into a file and use --header @FILE, so that it is not in the shell's history.

    Example: edgelet invoke login --path /login --data credentials.json
    """
    from edgelet_host.device.invocation import Request, request_of_event
    from edgelet_host.device.invocation import invoke as send

    if event and (method or target or headers or data):
        raise EdgeletError("--event has the whole request: leave out --method, --path, --header and --data")
    with chosen_device(devices) as device:
        if event:
            request = request_of_event(event, read_text(event))
        else:
            body = _body(data)
            routes = {one["name"]: one["routes"] for one in device.call("status")["functions"]}
            target = target or routes.get(function, ["/"])[0]
            request = Request(method or ("POST" if data else "GET"), target, _headers(headers), body)
        answer = send(device, function, request)
    if as_json:
        print_json(_as_json(answer))
    else:
        _print(answer)


def _body(data: str | None) -> bytes:
    if data is None:
        return b""
    try:
        return sys.stdin.buffer.read() if data == "-" else Path(data).read_bytes()
    except OSError as e:
        raise EdgeletError(f"cannot read {data}: {e.strerror}. --data names a file, or - for standard input") from None


def _headers(given: tuple[str, ...]) -> list[tuple[str, str]]:
    lines = []
    for one in given:
        lines += read_text(one[1:]).splitlines() if one.startswith("@") else [one]
    headers = []
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            raise EdgeletError("a header is NAME:VALUE, for example --header 'accept: application/json'")
        headers.append((name.strip(), value.strip()))
    return headers


def _as_json(answer: "Answer") -> dict[str, object]:
    try:
        body, is_base64 = answer.body.decode(), False
    except UnicodeDecodeError:
        body, is_base64 = base64.b64encode(answer.body).decode(), True
    return {
        "status": answer.status,
        "headers": answer.headers,
        "body": body,
        "base64": is_base64,
        "cpu_us": answer.cpu_us,
        "wall_ms": answer.wall_ms,
        "logs": answer.logs,
    }


def _print(answer: "Answer") -> None:
    from edgelet_host.device.log import log_line

    say(str(answer.status))
    for name, value in answer.headers:
        say(f"{name}: {value}")
    say("")
    click.echo(answer.body, nl=not answer.body.endswith(b"\n"))
    for record in answer.logs:
        say(log_line(record))
