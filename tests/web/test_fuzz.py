"""Requests of random bytes: header lines against a model, URLs against the URL parser."""

import random
import re

from web_helpers import call, run_handler

TOKEN = re.compile(rb"[A-Za-z0-9!#$%&'*+\-.^_`|~]+")

HEADERS = "export default { fetch(request) { return Response.json([...request.headers]) } }"

URLS = """
    export default { async fetch(request) {
        const text = await request.text()
        let parsed = text
        try { parsed = new URL(text).href } catch {}
        return Response.json([request.url, parsed])
    } }
"""


def random_text(source: random.Random, tokens: list[str], most: int) -> str:
    return "".join(source.choice(tokens) for _ in range(source.randrange(most)))


def model_of_headers(block: bytes) -> list[list[str]]:
    """What iteration over the Headers of these lines yields."""
    pairs = []
    for line in block.split(b"\n"):
        name, colon, value = line.partition(b":")
        value = value.strip(b" \t\r\n")
        if colon and TOKEN.fullmatch(name) and b"\r" not in value and b"\0" not in value:
            pairs.append((name.lower().decode(), value.decode("latin-1")))
    result: list[list[str]] = []
    for name, value in sorted(pairs, key=lambda pair: pair[0]):
        if result and result[-1][0] == name and name != "set-cookie":
            result[-1][1] += ", " + value
        else:
            result.append([name, value])
    return result


def test_header_lines(firmware_asan):
    source = random.Random(1)
    tokens = [
        "a",
        "B",
        "set-cookie",
        "Set-Cookie",
        ":",
        ": ",
        "\r\n",
        "\r\n",
        "\n",
        "\r",
        "\t",
        " ",
        "\0",
        "\u00e9",
        ",",
        "x=1",
        "(",
    ]
    blocks = [random_text(source, tokens, 60) for _ in range(400)]
    answers = run_handler(firmware_asan, HEADERS, *[call(headers=block) for block in blocks])
    for block, answer in zip(blocks, answers, strict=True):
        assert answer.json == model_of_headers(block.encode()), block


def test_request_url_is_what_the_url_parser_says(firmware_asan):
    source = random.Random(2)
    hosts = ["pico", "PICO", ".local", ".", "-", "1", "0x7f", ":80", ":8080", "[::1]", "_", "%41", "\u00e9", " "]
    tokens = [
        "/",
        "/",
        "a",
        "B",
        ".",
        "..",
        "%2e",
        "?",
        "#",
        "&=",
        "~",
        "'",
        '"',
        "^",
        "|",
        "{",
        "\\",
        "\u00e9",
        "%",
        " ",
        "*()",
        "\0",
    ]
    calls = []
    for _ in range(400):
        host, target = random_text(source, hosts, 4), "/" + random_text(source, tokens, 12)
        scheme = source.choice(["http", "https"])
        body = f"{scheme}://{host}{target}".encode()
        calls.append(call(method="POST", host=host, target=target, scheme=scheme, body=body))
    for request, answer in zip(calls, run_handler(firmware_asan, URLS, *calls), strict=True):
        url, parsed = answer.json
        assert url == parsed, request
