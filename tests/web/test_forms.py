"""Multipart bodies that may be anything are parsed as Node does, or refused."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from web_helpers import call, run_bundle

SCRIPT = Path(__file__).with_name("web_multipart.js")
MAIN = """
    import { parseAll } from "./web_multipart.js"
    export default { async fetch(request) { return Response.json(await parseAll(await request.json())) } }
"""
TYPE = "multipart/form-data; boundary=XX"

TOKENS = [
    b"--XX",
    b"--XX\r\n",
    b"\r\n--XX",
    b"--XX--",
    b"\r\n--XX--\r\n",
    b"--",
    b"-",
    b"\r\n",
    b"\r\n\r\n",
    b"\r",
    b"\n",
    b"content-disposition: form-data; name=",
    b'Content-Disposition: form-data; name="a"',
    b'Content-Disposition: form-data; name="a"\r\n\r\n',
    b'; filename="f.txt"',
    b"; filename=",
    b"; filename*=UTF-8''x\"",
    b"content-type: text/plain",
    b"Content-Type:image/png",
    b"x-other: 1",
    b":",
    b";",
    b'"',
    b'"b"',
    b"=",
    b" ",
    b"\t",
    b"\0",
    b"%22",
    b"%0D%0A",
    b"\xc3\xbc",
    b"\xff",
    b"XX",
    b"content",
]
PARTS = st.tuples(
    st.sampled_from(
        [b'name="a"', b'name="b%22"', b'name=""', b'name="a"; filename="f"', b'name="\xc3\xbc"; filename="g"']
    ),
    st.sampled_from([b"", b"\r\nContent-Type: A/b", b"\r\nx-y: z"]),
    st.one_of(st.binary(max_size=12), st.lists(st.sampled_from(TOKENS), max_size=3).map(b"".join)),
).map(lambda part: b"--XX\r\nContent-Disposition: form-data; %s%s\r\n\r\n%s\r\n" % part)
WHOLE = st.lists(PARTS, max_size=4).map(lambda parts: b"".join(parts) + b"--XX--\r\n")


def damage(body: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    for at, length, text in changes:
        place = at % (len(body) + 1)
        body = body[:place] + text + body[place + length :]
    return body


CHANGES = st.lists(
    st.tuples(st.integers(0, 10000), st.integers(0, 4), st.one_of(st.just(b""), st.sampled_from(TOKENS))), max_size=3
)
SOUP = st.lists(st.sampled_from(TOKENS), max_size=12).map(b"".join)
# An empty file name makes a File in Node, a string here and in workerd.
BODIES = st.one_of(WHOLE, st.builds(damage, WHOLE, CHANGES), SOUP).filter(lambda body: b'filename=""' not in body)


def in_node(cases: list[tuple[str, str]]) -> Any:
    program = (
        f"import {{ parseAll }} from {json.dumps(SCRIPT.as_uri())};"
        "let text = ''; for await (const part of process.stdin) text += part;"
        "console.log(JSON.stringify(await parseAll(JSON.parse(text))))"
    )
    command = ["node", "--no-warnings", "--input-type=module", "--eval", program]
    done = subprocess.run(command, input=json.dumps(cases), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def in_firmware(firmware: Path, cases: list[tuple[str, str]]) -> Any:
    files = {"main.js": MAIN, SCRIPT.name: SCRIPT.read_text()}
    (answer,) = run_bundle(firmware, files, call(method="POST", body=json.dumps(cases).encode()))
    return answer.json


def is_in_dispute(body: bytes) -> bool:
    """Whether Node may differ from what the standards say.

    It refuses the boundary's text within a content, and other parameters of a part. It takes any two bytes that begin
    with a carriage return for the end of a line, and blanks before a header's name.
    """
    boundaries = re.findall(rb"(?:^|(?<=\r\n))--XX(?=\r\n|--)", body)
    dispositions = re.findall(rb"(?i)^content-disposition[ \t]*:[ \t]*([^\r\n]*)", body, re.MULTILINE)
    usual = rb'form-data; name="[^"\r\n]*"(; filename="[^"\r\n]*")?'
    return (
        b"\r\n\r\n--XX" in body
        or body.count(b"XX") > len(boundaries)
        or any(not re.fullmatch(usual, one) for one in dispositions)
        or re.search(rb"\r(?!\n)|\r\n[ \t]", body) is not None
    )


# Without shrinking, which starts a process for each attempt.
@pytest.mark.slow
@settings(max_examples=10, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
@given(bodies=st.lists(BODIES, min_size=200, max_size=400))
def test_multipart(firmware: Path, bodies: list[bytes]) -> None:
    cases = [(body.hex(), TYPE) for body in bodies]
    for body, here, node in zip(bodies, in_firmware(firmware, cases), in_node(cases), strict=True):
        assert here == node or ("TypeError" in (here, node) and is_in_dispute(body)), repr((body, here, node))


def test_limits_of_multipart(firmware: Path) -> None:
    part = b'--XX\r\ncontent-disposition: form-data; name="a"\r\n%s\r\nx\r\n'
    header = b"x-long: " + b"y" * 4000 + b"\r\n"
    bodies = [part % b"" * 1000, part % b"" * 1001, part % (header * 2), part % (header * 3)]
    answers = in_firmware(firmware, [((body + b"--XX--").hex(), TYPE) for body in bodies])
    assert [len(answer) if isinstance(answer, list) else answer for answer in answers] == [
        1000,
        "TypeError",
        1,
        "TypeError",
    ]
