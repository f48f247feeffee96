"""Workers' transforms of bytes, and bodies that are read with buffers of the reader's own."""

import pytest
from web_helpers import run_one

HANDLER = """
const encode = (text) => new TextEncoder().encode(text);
const decode = (bytes) => new TextDecoder().decode(bytes);

async function write(stream, chunks) {
  const writer = stream.writable.getWriter();
  const all = [...chunks.map((chunk) => writer.write(chunk)), writer.close()];
  return Promise.all(all).then(() => "written", (error) => error.name);
}

export default { async fetch(request, env) {
  const said = [];
  const say = (...words) => said.push(words.join(" "));
  const attempt = async (action) => { try { say(await action()) } catch (error) { say(error.name) } };
  BODY
  return Response.json(said);
} };
"""


def said(firmware, source, **request):
    """What a handler with that body says."""
    answer = run_one(firmware, HANDLER.replace("BODY", source), **request)
    assert answer.status == 200, answer
    return answer.json


@pytest.mark.parametrize("made", ["IdentityTransformStream()", "FixedLengthStream(4)", "FixedLengthStream(4n)"])
def test_bytes_pass_unchanged_and_whole(firmware, made):
    body = f"""
      const stream = new {made}, reader = stream.readable.getReader({{ mode: "byob" }});
      say(stream instanceof TransformStream, stream instanceof IdentityTransformStream, String(stream));
      const written = write(stream, [encode("ab"), new Uint8Array(0), encode("xcdx").subarray(1, 3)]);
      for (let done = false; !done;) {{
        const result = await reader.read(new Uint8Array(3));
        say(decode(result.value), done = result.done);
      }}
      say(await written);
    """
    name = made.partition("(")[0]
    assert said(firmware, body) == [f"true true [object {name}]", "ab false", "cd false", " true", "written"]


def test_a_fixed_length_is_kept(firmware):
    body = """
      for (const texts of [["abc"], ["abc", "de"], ["", "abcd"], ["abcd", ""]]) {
        const stream = new FixedLengthStream(4), written = write(stream, texts.map(encode));
        await attempt(() => new Response(stream.readable).text());
        say(await written);
      }
    """
    assert said(firmware, body) == ["TypeError"] * 4 + ["abcd", "written"] * 2


def test_what_is_no_bytes_or_no_length_is_refused(firmware):
    body = """
      for (const wrong of [1, null, {}, Symbol()]) {
        const stream = new IdentityTransformStream(), written = write(stream, [wrong]);
        await attempt(() => new Response(stream.readable).text());
        say(await written);
      }
      for (const wrong of [-1, NaN, "x", -1n, 2 ** 60, 2n ** 53n, 2n ** 64n + 5n]) {
        await attempt(() => new FixedLengthStream(wrong));
      }
    """
    assert said(firmware, body) == ["TypeError"] * 15


def test_a_chunk_is_copied_when_it_is_written(firmware):
    body = """
      const stream = new IdentityTransformStream(), chunk = encode("ab"), reader = stream.readable.getReader();
      const read = reader.read(), written = write(stream, [chunk]);
      await read;
      chunk[0] = 120;
      say(decode((await read).value), chunk.buffer.byteLength);
    """
    assert said(firmware, body) == ["ab 2"]


@pytest.mark.parametrize("given", ["request.body", "request.clone().body", "request.body.tee()[1]"])
def test_a_requests_body_is_a_byte_stream(firmware, given):
    body = f"""
      const reader = ({given}).getReader({{ mode: "byob" }});
      const first = await reader.read(new Uint8Array(5000), {{ min: 4500 }});
      say(first.value.length, first.value.buffer.byteLength, first.done);
      const second = await reader.read(new Uint16Array(first.value.buffer), {{ min: 100 }});
      say(second.value.length, second.value[0], second.done);
      say((await reader.read(new DataView(new ArrayBuffer(9)))).value.byteLength);
      say((await reader.read(new DataView(new ArrayBuffer(9)))).done);
    """
    answers = said(firmware, body, method="POST", body=b"a" * 4999 + b"bc" + b"d" * 400)
    assert answers[0] == "5000 5000 false"
    assert answers[1:] == ["200 25699 false", "1", "true"]


@pytest.mark.parametrize(
    ("made", "lock"),
    [
        (f"new ReadableStream({{ type: 'bytes' }}), {reader}", lock)
        for reader in ("ReadableStreamBYOBReader", "ReadableStreamDefaultReader")
        for lock in ("stream.getReader()", "stream.getReader({ mode: 'byob' })")
    ]
    + [("new WritableStream(), WritableStreamDefaultWriter", "stream.getWriter()")],
)
def test_a_stream_that_is_locked_while_its_reader_is_made(firmware, made, lock):
    """Two readers of one stream, of which one is released, ended the device."""
    stream, kind = made.rsplit(", ", 1)
    body = f"""
      const stream = {stream};
      let first;
      const target = new Proxy(function () {{}}, {{
        get(object, key) {{
          if (key === "prototype") first = {lock};
          return key === "prototype" ? {kind}.prototype : object[key];
        }},
      }});
      await attempt(() => Reflect.construct({kind}, [stream], target));
      first.releaseLock();
      say(stream.locked);
      await attempt(() => (first.read ?? first.write).call(first, new Uint8Array(8)));
    """
    assert said(firmware, body) == ["TypeError", "false", "TypeError"]


def test_a_source_is_asked_once_for_readers_that_wait(firmware):
    body = """
      let pulls = 0;
      const reader = new ReadableStream({ type: "bytes", pull() { pulls++; } }).getReader({ mode: "byob" });
      for (let i = 0; i < 3; i++) {
        reader.read(new Uint8Array(1));
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
      say(pulls);
    """
    assert said(firmware, body) == ["1"]
