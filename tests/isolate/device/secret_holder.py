"""Holds a secret in images and gets rid of it in one of several ways; test_isolate_secrets.py looks on.

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
export default {
  async fetch(request, env) {
    globalThis.copy = new TextEncoder().encode(env.SECRET + "?");
    throw new Error(derived.length);
  },
};
"""


def hold():
    image = build(SOURCE, env={"SECRET": sys.stdin.readline().strip()})
    assert image.start("GET", "/", None).error.message == "Error: 25"
    neighbour = build("export default { fetch() { return new Response('hello') } }", arena=image.arena)
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
    held = hold()
    say("holds")
    part(held[0], way)
    held = None
    use_stack(50)
    heap.overwrite()
    say("gone")


main(sys.argv[1])
