"""Compression streams: what Node and Python's zlib say, and how they end where memory or the CPU limit does."""

import json
import random
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from web_helpers import call, run_handler, run_in_firmware, run_in_node, run_one

SCRIPT = Path(__file__).with_name("compression.js")
# The window bits by which zlib tells the formats apart.
FORMATS = {"gzip": 31, "deflate": 15, "deflate-raw": -15}


def test_says_what_node_says(firmware):
    expected = run_in_node(SCRIPT)
    assert run_in_firmware(firmware, SCRIPT) == expected
    assert len(expected) > 100


def test_says_what_the_standard_says(firmware):
    pairs = run_in_firmware(firmware, SCRIPT, "runStandard")
    assert [result for _, result in pairs] == [expected for expected, _ in pairs]
    assert len(pairs) > 150


@pytest.mark.parametrize("function", ["run", "runStandard"])
def test_says_the_same_under_sanitizers(firmware, firmware_asan, function):
    assert run_in_firmware(firmware_asan, SCRIPT, function) == run_in_firmware(firmware, SCRIPT, function)


# Sends a body, in chunks of these sizes, through a stream; the answer tells what became of it.
HANDLER = """
export default { async fetch(request) {
    const [name, format, sizes] = JSON.parse(request.headers.get("job"));
    const body = await request.bytes(), chunks = [];
    for (let at = 0; sizes.length; at += chunks.at(-1).length) chunks.push(body.subarray(at, at + sizes.shift()));
    const stream = new globalThis[name](format), Both = [CompressionStream, DecompressionStream];
    try {
        return new Response(await new Response(ReadableStream.from(chunks).pipeThrough(stream)).bytes());
    } catch (error) {
        return new Response(error.name, { status: 400 });
    }
} };
"""


def sizes_of(source, length):
    """Sizes of chunks with that sum, some of them 0."""
    cuts = sorted(source.randrange(length + 1) for _ in range(source.choice([0, 1, 3, 20])))
    return [after - before for before, after in zip([0, *cuts], [*cuts, length], strict=True)]


def job(name, format_, body, source):
    """A request for HANDLER, with chunks at random."""
    return call(
        method="POST", body=body, headers=f"job: {json.dumps([name, format_, sizes_of(source, len(body))])}\r\n"
    )


def content_of(source):
    """Random bytes, more or less compressible, of which some are many."""
    kind, length = source.randrange(4), source.choice([0, 1, 50, 5000, 90000])
    if kind == 0:
        return source.randbytes(length)
    if kind == 1:
        return bytes(length)
    words = [source.randbytes(source.randrange(1, 300)) for _ in range(40)]
    return b"".join(source.choices(words, k=length // 100 + 1))[:length]


def pack(content, bits, source):
    """What zlib makes of the content with options at random."""
    window = source.randrange(9, 16)
    bits = {31: 16 + window, 15: window, -15: -window}[bits]
    packer = zlib.compressobj(source.randrange(10), zlib.DEFLATED, bits, source.randrange(1, 10), source.randrange(5))
    flush = source.choice([zlib.Z_NO_FLUSH, zlib.Z_SYNC_FLUSH, zlib.Z_FULL_FLUSH])
    half = len(content) // 2
    parts = [packer.compress(content[:half])]
    if flush != zlib.Z_NO_FLUSH:
        parts.append(packer.flush(flush))
    return b"".join([*parts, packer.compress(content[half:]), packer.flush()])


def damage(packed, source):
    """The same with a bit turned, a piece left out, cut off, or with something behind it."""
    at = source.randrange(len(packed))
    kind = source.randrange(4)
    if kind == 0:
        return packed[:at] + bytes([packed[at] ^ 1 << source.randrange(8)]) + packed[at + 1 :]
    if kind == 1:
        return packed[:at] + packed[at + source.randrange(1, 20) :]
    return packed[:at] if kind == 2 else packed + source.randbytes(source.randrange(1, 20))


def unpack(packed, bits):
    """What Python's zlib makes of it; None where it is damaged, cut off, or something follows."""
    unpacker = zlib.decompressobj(bits)
    try:
        content = unpacker.decompress(packed)
    except zlib.error:
        return None
    return content if unpacker.eof and not unpacker.unused_data else None


@settings(max_examples=25)
@given(st.integers(0, 2**32))
def test_python_reads_what_is_compressed(firmware, seed):
    source = random.Random(seed)
    cases = [(format_, content_of(source)) for format_ in FORMATS for _ in range(4)]
    answers = run_handler(firmware, HANDLER, *[job("CompressionStream", *case, source) for case in cases])
    for (format_, content), answer in zip(cases, answers, strict=True):
        assert answer.status == 200, answer
        assert unpack(answer.body, FORMATS[format_]) == content
        assert len(answer.body) <= len(zlib.compress(content)) * 1.02 + 30


@settings(max_examples=25)
@given(st.integers(0, 2**32))
def test_what_python_has_compressed_is_read(firmware, seed):
    source = random.Random(seed)
    cases = []
    for format_, bits in FORMATS.items():
        for _ in range(6):
            packed = pack(content_of(source), bits, source)
            cases += [(format_, packed), (format_, damage(packed, source))]
    answers = run_handler(firmware, HANDLER, *[job("DecompressionStream", *case, source) for case in cases])
    for (format_, packed), answer in zip(cases, answers, strict=True):
        content = unpack(packed, FORMATS[format_])
        expected = (400, b"TypeError") if content is None else (200, content)
        assert (answer.status, answer.body) == expected


PACKED = """
const headers = { "content-encoding": "gzip" };
export default { async fetch(request) {
    const sizes = JSON.parse(request.headers.get("job"));
    if (sizes === null) return new Response(request.body, { headers });
    const body = await request.bytes();
    let at = 0;
    async function* chunks() { for (const size of sizes) { await 0; yield body.subarray(at, at += size); } }
    return new Response(ReadableStream.from(chunks()), { headers });
} };
"""


@settings(max_examples=3)
@given(st.integers(0, 2**32))
def test_python_reads_bodies_that_are_packed_for_the_client(firmware, seed):
    source = random.Random(seed)
    contents = [content_of(source) for _ in range(6)]
    jobs = [(content, sizes) for content in contents for sizes in (None, sizes_of(source, len(content)))]
    calls = [call(method="POST", body=body, headers=f"job: {json.dumps(sizes)}\r\n") for body, sizes in jobs]
    for memory in (None, 400 * 1024):
        for (content, sizes), answer in zip(jobs, run_handler(firmware, PACKED, *calls, memory=memory), strict=True):
            assert answer.status == 200, answer
            assert unpack(answer.body, FORMATS["gzip"]) == content
            assert len(answer.body) <= len(content) * 1.01 + 60 + 20 * len(sizes or [])


def test_a_body_for_which_there_is_no_room_to_pack_it(firmware):
    source = """export default { async fetch() {
        globalThis.held = new Uint8Array(395 * 1024);
        return new Response("x".repeat(9), { headers: { "content-encoding": "gzip" } });
    } }"""
    (answer,) = run_handler(firmware, source, memory=512 * 1024)
    assert answer.message.startswith("RangeError: Content-Encoding: gzip needs ")


# A reader that keeps nothing: of a bomb it has one piece at a time.
COUNT = """
export default { async fetch(request) {
    let bytes = 0, chunks = 0;
    for await (const chunk of request.body.pipeThrough(new DecompressionStream("gzip"))) {
        bytes += chunk.length;
        chunks++;
    }
    return Response.json([bytes, chunks > bytes / 20000]);
} };
"""
ALL = """
export default { async fetch(request) {
    return new Response(await new Response(request.body.pipeThrough(new DecompressionStream("gzip"))).bytes());
} };
"""


def gzip(content, bits=15):
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + bits)
    return packer.compress(content) + packer.flush()


def test_a_reader_that_is_slow_holds_back_what_a_bomb_makes(firmware):
    bomb = gzip(bytes(30_000_000))
    answer = run_one(firmware, COUNT, method="POST", body=bomb)
    assert answer.json == [30_000_000, True]
    (answer,) = run_handler(firmware, COUNT, call(method="POST", body=bomb), memory=512 * 1024)
    assert answer.json == [30_000_000, True]


def test_a_bomb_ends_at_the_memory_limit(firmware):
    bomb, small = (call(method="POST", body=gzip(bytes(size))) for size in (30_000_000, 1000))
    answers = run_handler(firmware, ALL, bomb, small, memory=512 * 1024)
    assert (answers[0].kind, answers[1].body) == ("memory", bytes(1000))


def test_windows_are_as_large_as_memory_allows(firmware):
    source = random.Random(5)
    near = b"".join(source.choices([source.randbytes(100) for _ in range(9)], k=600))
    far = source.randbytes(20000) * 2
    # The image takes about 110 KB.
    answers = run_handler(
        firmware,
        HANDLER,
        job("CompressionStream", "deflate", near, source),
        job("CompressionStream", "deflate", bytes(20000), source),
        memory=300 * 1024,
    )
    assert [zlib.decompress(answer.body) for answer in answers] == [near, bytes(20000)]
    # The first byte tells the window: 2 to the power of its upper half, and 8.
    assert [8 < (answer.body[0] >> 4) + 8 < 15 for answer in answers] == [True, True]
    calls = [call(method="POST", body=gzip(content)) for content in (near, far, far[:20000])]
    wide, narrow = (run_handler(firmware, COUNT, *calls, memory=size * 1024) for size in (512, 200))
    assert [answer.json[0] for answer in wide] == [60000, 40000, 20000]
    assert [answer.status for answer in narrow] == [200, 0, 200]
    assert narrow[1].message.startswith("TypeError: the data is no gzip, or needs more than the ")
    assert (
        narrow[1]
        .message.splitlines()[0]
        .endswith(" KB that the function's memory has for it (invalid distance too far back)")
    )


def test_no_room_for_a_window_is_said(firmware):
    source = """export default { async fetch() {
        const { readable, writable } = new CompressionStream("gzip");
        readable.getReader().read().catch(() => {});
        const held = new Uint8Array(%d * 1024);
        await writable.getWriter().write(held.subarray(0, 1)).catch((error) => { throw error });
    } }"""
    (answer,) = run_handler(firmware, source % 380, memory=512 * 1024)
    assert answer.message.startswith("RangeError: CompressionStream needs ")
    assert "KB of the function's are left: hold less, or raise its limit memory" in answer.message
