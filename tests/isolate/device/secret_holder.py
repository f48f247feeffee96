"""Holds a secret in images or in a parked call and gets rid of it in one of several ways; test_secrets.py looks on.

Usage: micropython secret_holder.py WAY

Reads the secret from standard input; says "holds" and then "gone", and waits for a line behind each.
"""

import sys

import heap
import quickjs
from common import build

SOURCE = """
const derived = process.env.SECRET + "!";
globalThis.table = new Map([[process.env.SECRET, derived]]);
const bytes = new TextEncoder().encode(process.env.SECRET);
const key = await crypto.subtle.importKey("raw", bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
export default {
  async fetch(request, env) {
    globalThis.copy = new TextEncoder().encode(env.SECRET + "?");
    globalThis.made = [key, bytes];
    throw new Error(derived.length);
  },
};
"""


WAITS = """
export default {
  async fetch(request, env) {
    globalThis.body = await request.text();
    console.log(globalThis.body.repeat(9));
    await env.KV.get(globalThis.body);
    throw new Error(globalThis.body);
  },
};
"""
HELLO = "export default { fetch() { return new Response('hello') } }"


def hold_in_call():
    image = build(WAITS, bindings={"KV": ("kv", ("get",))})
    neighbour = build(HELLO, arena=image.arena)
    call = image.start("POST", "/", None, sys.stdin.readline().strip())
    assert neighbour.start("GET", "/", None).body == b"hello"
    assert call.parked_bytes
    return image, neighbour, call


def part_from_call(image, neighbour, call, way):
    if way == "abandon":
        call.abandon()
    elif way == "resume":
        assert len(call.logs()) == len(call.ops()) == 1
        call.resolve(1)
        assert len(call.error.message) == 31
        assert neighbour.start("GET", "/", None).body == b"hello"
    assert image.parked_calls == 0 or way == "erase_parked"
    image.erase()


def hold():
    image = build(SOURCE, env={"SECRET": sys.stdin.readline().strip()})
    assert image.start("GET", "/", None).error.message == "Error: 25"
    neighbour = build(HELLO, arena=image.arena)
    assert neighbour.start("GET", "/", None).body == b"hello"
    assert image.start("GET", "/", None).error.message == "Error: 25"
    return image, neighbour


def part(image, way):
    if way == "erase":
        image.erase()
    elif way == "close":
        image.arena.close()
        image.erase()
    elif way == "rebuild":
        image.arena.build(quickjs.compile({"main.js": "export default () => new Response()"}))
        image.erase()


def use_stack(depth):
    """Overwrite what is left of references on the C stack, so that the collector finds none."""
    return depth and 1 + use_stack(depth - 1)


def say(word):
    print(word)
    sys.stdin.readline()


def main(way):
    in_call = way in ("abandon", "resume", "erase_parked")
    held = hold_in_call() if in_call else hold()
    say("holds")
    if in_call:
        part_from_call(*held, way)
    else:
        part(held[0], way)
    held = held[0].arena if in_call else None
    use_stack(50)
    heap.overwrite()
    say("gone")


main(sys.argv[1])
