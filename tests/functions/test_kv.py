"""KV bindings as handlers have them: methods, types, errors and limits of Workers' KvNamespace."""

import json
import time

import pytest
from device_helpers import running


@pytest.fixture(scope="module")
def box(firmware, tmp_path_factory):
    with running(firmware, tmp_path_factory.mktemp("kv"), kv_value_bytes=2000) as box:
        yield box


def answer(box, body, **fields):
    """What a handler with this body and a binding KV gives as JSON."""
    source = "const show = async (promise) => { try { return await promise } catch (e) { return String(e) } };"
    source += f"export default {{ async fetch(request, {{ KV }}, ctx) {{ {body} }} }}"
    box.deploy("kv", source, route="/kv", bindings={"KV": {"type": "kv"}}, **fields)
    response = box.get("/kv")
    assert response.status == 200, response.text
    return response.json()


def test_values_come_in_the_type_that_is_asked_for(box):
    body = """
      await KV.put("k", '{"a":[1.5,"ü"]}');
      await KV.put("bytes", new Uint8Array([0, 255, 65]).subarray(1));
      await KV.put("buffer", new Uint8Array([1, 2]).buffer);
      await KV.put("stream", new Response("from a stream").body);
      await KV.put(7, 8);
      const buffer = await KV.get("bytes", "arrayBuffer");
      const stream = await KV.get("k", { type: "stream", cacheTtl: 3600 });
      return Response.json([
        await KV.get("k"), await KV.get("k", "json"), await KV.get("k", { type: "json" }), await KV.get("k", {}),
        buffer instanceof ArrayBuffer, [...new Uint8Array(buffer)], await KV.get("bytes"),
        (await KV.get("buffer", "arrayBuffer")).byteLength,
        stream instanceof ReadableStream, await new Response(stream).json(), await KV.get("stream"), await KV.get("7"),
        await KV.get("none"), await KV.get("none", "json"), await KV.get("none", "stream"),
        String(await KV.put("k", "")), await KV.get("k"), (await KV.get("k", "arrayBuffer")).byteLength,
        await new Response(await KV.get("k", "stream")).text(), String(await KV.delete("k")), await KV.get("k"),
        (await KV.list({ limit: 0 })).list_complete, String(KV),
      ]);"""
    parsed = {"a": [1.5, "ü"]}
    assert answer(box, body) == [
        '{"a":[1.5,"ü"]}',
        parsed,
        parsed,
        '{"a":[1.5,"ü"]}',
        True,
        [255, 65],
        "�A",
        2,
        True,
        parsed,
        "from a stream",
        "8",
        *[None] * 3,
        *["undefined", "", 0, "", "undefined", None, True, "[object KvNamespace]"],
    ]


def test_metadata_and_expiration(box):
    body = """
      const now = Math.floor(Date.now() / 1000);
      await KV.put("m:a", "A", { metadata: { n: 1, deep: [{}] } });
      await KV.put("m:b", "{}", { metadata: "text", expiration: now + 1000 });
      await KV.put("m:c", "C", { metadata: null, expirationTtl: 500, expiration: null });
      const page = await KV.list({ prefix: "m:" });
      const first = await KV.list({ prefix: "m:", limit: 2 });
      return Response.json([
        await KV.getWithMetadata("m:a"), await KV.getWithMetadata("m:b", "json"), await KV.getWithMetadata("m:c"),
        await KV.getWithMetadata("none"), page.keys, page.list_complete, page.cacheStatus, Object.keys(page), now,
        first.keys.map((key) => key.name), first.list_complete, await KV.list({ prefix: "m:", cursor: first.cursor }),
      ]);"""
    found = answer(box, body)
    now = found[8]
    keys = [
        {"name": "m:a", "metadata": {"n": 1, "deep": [{}]}},
        {"name": "m:b", "expiration": now + 1000, "metadata": "text"},
        {"name": "m:c", "expiration": now + 500},
    ]
    keys[2]["expiration"] = found[4][2]["expiration"]
    assert now + 500 <= keys[2]["expiration"] <= time.time() + 500
    assert found == [
        {"value": "A", "metadata": {"n": 1, "deep": [{}]}, "cacheStatus": None},
        {"value": {}, "metadata": "text", "cacheStatus": None},
        {"value": "C", "metadata": None, "cacheStatus": None},
        {"value": None, "metadata": None, "cacheStatus": None},
        keys,
        True,
        None,
        ["keys", "list_complete", "cacheStatus"],
        now,
        ["m:a", "m:b"],
        False,
        {"keys": keys[2:], "list_complete": True, "cacheStatus": None},
    ]


def test_many_keys_at_once(box):
    body = """
      await KV.put("x", '{"n":1}', { metadata: 1 });
      await KV.put("y", "2");
      await KV.put("__proto__", "3");
      const map = await KV.get(["x", "none", "y", "x", "__proto__"]);
      const many = await KV.get(Array.from({ length: 100 }, (_, i) => i < 99 ? "none" + i : "y"));
      return Response.json([
        map instanceof Map, [...map], [...await KV.get(["y", "x"], "json")], many.size, many.get("y"),
        [...await KV.getWithMetadata(["x", "y", "none"], { type: "json", cacheTtl: 60 })],
      ]);"""
    assert answer(box, body) == [
        True,
        [["x", '{"n":1}'], ["none", None], ["y", "2"], ["__proto__", "3"]],
        [["y", 2], ["x", {"n": 1}]],
        100,
        "2",
        [["x", {"value": {"n": 1}, "metadata": 1}], ["y", {"value": 2, "metadata": None}], ["none", None]],
    ]


ERRORS = [
    ('KV.get("text", "json")', "SyntaxError"),
    (
        'KV.get(["none", "text"], "json")',
        "Error: KV GET_BULK failed: 400 At least one of the requested keys corresponds to a non-json value",
    ),
    (
        'KV.get("k", "blob")',
        'TypeError: Unknown response type. Possible types are "text", "arrayBuffer", "json", and "stream".',
    ),
    (
        'KV.get(["k"], "stream")',
        'Error: KV GET_BULK failed: 400 "stream" is not a valid type. Use "json" or "text"',
    ),
    ("KV.get([])", "Error: KV GET_BULK failed: 400 You must request a minimum of 1 key"),
    (
        'KV.get(new Array(101).fill("k"))',
        "Error: KV GET_BULK failed: 400 You can request a maximum of 100 keys",
    ),
    ('KV.get(["k", ""])', "Error: a KV key must have 1 to 180 bytes"),
    ('KV.get("")', "TypeError: Key name cannot be empty."),
    ('KV.put("", "")', "TypeError: Key name cannot be empty."),
    ('KV.delete("")', "TypeError: Key name cannot be empty."),
    ('KV.get("k".repeat(181))', "Error: a KV key must have 1 to 180 bytes"),
    ("KV.get()", "TypeError"),
    ("KV.get(Symbol())", "TypeError"),
    ('KV.get("k", 7)', "TypeError: options must be an object"),
    ('KV.put("k")', "TypeError"),
    ('KV.put("k", {})', "TypeError: KV put() accepts only strings, ArrayBuffers, ArrayBufferViews, and"),
    ('KV.put("k", "x".repeat(2001))', "Error: a KV value must be text or bytes, at most 2000 bytes"),
    ('KV.put("k", "", { expirationTtl: 0 })', "Error: expirationTtl of a KV value must be a whole number"),
    ('KV.put("k", "", { expirationTtl: NaN })', "Error: expirationTtl of a KV value must be a whole number"),
    ('KV.put("k", "", { expiration: 60 })', "Error: expiration of a KV value must be a time to come"),
    ('KV.put("k", "", { expiration: 1e300 })', "Error: expiration of a KV value must be a time to come"),
    (
        'KV.put("k", "", { metadata: "7".repeat(1023) })',
        "Error: the metadata of a KV value has 1025 bytes of JSON: at most 1024",
    ),
    ('KV.put("k", "", { metadata: 1n })', "TypeError"),
    ('KV.put("k", "", { get metadata() { throw 7 } })', "7"),
    ('KV.put("k", new ReadableStream({ pull() { throw 7 } }))', "7"),
    ("KV.put('k', used)", "TypeError: the stream given as value is locked or has been read already"),
    ("KV.list({ limit: 1001 })", "Error: limit of a KV list must be a whole number from 1 to 1000"),
    ("KV.get.call({}, 'k')", "TypeError: this is not a KvNamespace"),
]


def test_errors(box):
    calls = ", ".join(f"await show({call})" for call, _ in ERRORS)
    body = f"""
      await KV.put("text", "text");
      await KV.delete("k");
      const used = new Response("x").body; used.getReader();
      const errors = [{calls}];
      return Response.json([errors, await KV.get("k")]);"""
    errors, value = answer(box, body)
    for found, (call, wanted) in zip(errors, ERRORS, strict=True):
        assert isinstance(found, str) and found.startswith(wanted), (call, found)
    assert value is None


def test_a_handler_cannot_reach_into_a_get_of_many_keys(box):
    body = """
      await KV.put("k", "v");
      for (const i of [0, 1, 2, 3, 4, 5, 6]) {
        const foreign = { get() { return "foreign" }, set() { throw 1 }, configurable: true };
        Object.defineProperty(Array.prototype, i, foreign);
      }
      Map.prototype.set = () => { throw 2 };
      globalThis.Map = undefined;
      const map = await KV.get(["k", "none"]);
      for (const i of [0, 1, 2, 3, 4, 5, 6]) delete Array.prototype[i];
      const longer = ["k"];
      const late = KV.get(longer);
      for (let i = 0; i < 200; i++) longer.push("k" + i);
      return Response.json([[...map], (await late).size]);"""
    assert answer(box, body) == [[["k", "v"], ["none", None]], 1]


def test_not_at_the_top_level(box):
    source = """
      import { env } from "cloudflare:workers";
      const errors = [];
      const body = new Response("").body;
      for (const call of [() => env.KV.get("k"), () => env.KV.get(["k"]), () => env.KV.put("k", body)]) {
        await call().catch((error) => errors.push(error.message.split(" at ")[0]));
      }
      export default { fetch: () => Response.json(errors) };"""
    box.deploy("top", source, route="/top", bindings={"KV": {"type": "kv"}})
    assert box.get("/top").json() == ["kv.get is not available"] * 2 + ["kv.put is not available"]


def test_the_command_line_lists_metadata(box):
    answer(box, 'await KV.put("cli", "", { metadata: { a: 1 } }); return Response.json(1);')
    page = box.job("kv_list", "kv", "KV", "cli")
    assert page["keys"] == [["cli", None, json.dumps({"a": 1}, separators=(",", ":"))]]
