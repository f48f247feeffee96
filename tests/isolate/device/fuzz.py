"""Kills at random instants: random programs, and the hostile corpus, under CPU limits of some milliseconds.

Usage: micropython fuzz.py KILLS SEED CORPUS HANDLERS SLOWDOWN

Runs until KILLS calls were stopped by a limit. After each call, a handler of HANDLERS (see its pristine.js) checks in
the same arena that all is pristine, and the killed image answers. Prints one line of JSON: calls by how they ended.
"""

import json
import os
import random
import sys

import quickjs
from common import answered, built

ARENA_SIZE = 1024 * 1024
PROGRAMS_PER_ARENA = 40

MAIN = """
import attack from "./attack.js";
export default {
  async fetch(request) {
    if (request.url.endsWith("/ok")) return new Response("ok" + globalThis.touched);
    globalThis.touched = true;
    for (;;) {
      try {
        await attack();
      } catch (error) {
        globalThis.last = error;
      }
    }
  },
};
"""

PROBE = """
import { check } from "./pristine.js";
export default {
  fetch(request) {
    check(request);
    return new Response("pristine");
  },
};
"""

# Pieces of programs. EXPR, STMT and VAR are filled in at random.
EXPRESSIONS = (
    "VAR",
    "INT",
    "'STR'",
    "[EXPR, EXPR, ...VAR]",
    "{ a: EXPR, [EXPR]: VAR }",
    "(EXPR + EXPR)",
    "(EXPR ?? VAR?.a)",
    "`${EXPR}x${VAR}`",
    "JSON.stringify(EXPR)",
    "JSON.parse('[1,{\"a\":[2]}]')",
    "new Map([[EXPR, VAR]])",
    "new Set([VAR, EXPR])",
    "new Uint8Array(INT).fill(EXPR)",
    "new Float64Array(INT).map(() => EXPR)",
    "new Array(INT).fill(EXPR)",
    "Array.from({ length: INT }, (_, i) => i).sort(() => EXPR)",
    "String(EXPR).replace(/[a-z]+/g, () => EXPR)",
    "String(EXPR).split('').reverse().join('')",
    "String(EXPR).normalize('NFD')",
    "/^(a+)+$/.test('a'.repeat(INT))",
    "BigInt.asUintN(64, 3n ** BigInt(INT)).toString()",
    "new Date(INT * 1e9).toISOString()",
    "Math.random() * INT",
    "structuredClone({ a: VAR })",
    "new URL('/STR?a=' + INT, 'http://h/').href",
    "new TextDecoder().decode(new TextEncoder().encode(String(EXPR)))",
    "Object.entries(VAR ?? {})",
    "new Proxy({}, { get: () => EXPR }).a",
    "await Promise.all([EXPR, VAR])",
    "await (async () => EXPR)()",
    "[...(function* () { for (let i = 0; i < INT; i++) yield EXPR; })()]",
    "new Error(String(EXPR)).stack",
    "Reflect.ownKeys(globalThis).length",
    "((a, ...rest) => [a, rest])(EXPR, VAR)",
    "crypto.getRandomValues(new Uint8Array(INT)).length",
    "new Headers({ a: String(INT) }).get('a')",
    "await new Response(String(EXPR)).text()",
)
STATEMENTS = (
    "VAR = EXPR;",
    "VAR = EXPR; STMT",
    "for (let i = 0; i < INT; i++) { STMT }",
    "for (const x of [EXPR, VAR]) { VAR = x; STMT }",
    "try { STMT throw EXPR; } catch (e) { VAR = e; } finally { STMT }",
    "if (EXPR) { STMT } else { STMT }",
    "globalThis['g' + INT] = EXPR;",
    "Object.prototype['p' + INT] = VAR;",
    "Array.prototype[INT] = VAR;",
    "history.push(EXPR);",
    "queueMicrotask(() => { VAR = EXPR; });",
    "console.log(EXPR);",
    "setTimeout(() => VAR, INT);",
    "label: for (;;) { STMT if (Math.random() < 0.2) break label; }",
    "VAR = class { static x = EXPR; #y = VAR; get z() { return this.#y; } };",
    "await null;",
    "delete globalThis['g' + INT];",
    "String.prototype.at = () => EXPR;",
)


def generate(kind, depth):
    """Text for a piece of this kind: "EXPR" or "STMT"."""
    if depth <= 0:
        return "VAR" if kind == "EXPR" else "VAR = INT;"
    return fill(random.choice(EXPRESSIONS if kind == "EXPR" else STATEMENTS), depth - 1)


def fill(pattern, depth):
    for kind in ("STMT", "EXPR"):
        while kind in pattern:
            pattern = pattern.replace(kind, generate(kind, depth), 1)
    while "VAR" in pattern:
        pattern = pattern.replace("VAR", random.choice("abcd"), 1)
    while "INT" in pattern:
        pattern = pattern.replace("INT", str(random.choice((0, 1, 7, 63, 300))), 1)
    return pattern.replace("STR", "text")


def compiled(source):
    return quickjs.compile({"main.js": MAIN, "attack.js": source})


def random_program():
    """A program that compiles: an await or a label may come to lie where it must not."""
    while True:
        source = random_source()
        try:
            compiled(source)
            return source
        except quickjs.Error as error:
            assert error.kind == "syntax", source


def random_source():
    body = "\n".join(generate("STMT", random.randrange(1, 5)) for _ in range(random.randrange(2, 12)))
    # Without this a program that throws at once would not get far.
    tries = "\n".join("try {\n" + line + "\n} catch (e) { d = e; }" for line in body.split("\n"))
    return "const history = [];\nlet a = 1, b = 'b', c = [], d = {};\nexport default async () => {\n" + tries + "\n};\n"


def read(path):
    with open(path) as file:
        return file.read()


class Fuzz:
    """The counters, and the arena with its probe."""

    def __init__(self, corpus, handlers, slowdown):
        paths = (corpus + "/" + name for name in sorted(os.listdir(corpus)) if name.endswith(".js"))
        self.corpus = [text for text in map(read, paths) if not text.startswith("// top level")]
        self.pristine = read(handlers + "/pristine.js")
        self.slowdown = slowdown
        self.endings = {}
        self.turn = 0
        self.new_arena()

    def new_arena(self):
        self.arena = quickjs.Arena(ARENA_SIZE)
        files = {"main.js": PROBE, "pristine.js": self.pristine}
        self.probe = self.arena.build(quickjs.compile(files), cpu_ms=60000, env={"A": "b"})

    def check(self, image, cpu_ms, source):
        self.turn += 1
        call = self.probe.start("GET", "/", b"x-turn: %d\r\n" % self.turn)
        assert (call.state, call.body) == (quickjs.DONE, b"pristine"), source + call.error.message
        call = answered(image, cpu_ms, "/ok", None)
        assert (call.state, call.body) == (quickjs.DONE, b"okundefined"), source

    def run(self, source):
        """Some calls of one program; how often it was killed."""
        cpu_ms = random.randrange(1, 6) * self.slowdown
        image = built(self.arena, compiled(source), cpu_ms=cpu_ms, stack=64 * 1024)
        kills = 0
        for _ in range(8):
            call = image.start("GET", "/", None)
            for number, _, _ in call.ops():
                call.resolve(number, "value")
            ending = call.error.kind if call.state == quickjs.ERROR else "pending"
            assert call.state != quickjs.DONE and ending in ("cpu", "memory", "stack", "stuck", "thrown", "pending")
            call.abandon()
            self.endings[ending] = self.endings.get(ending, 0) + 1
            kills += ending in ("cpu", "memory")
            self.check(image, cpu_ms, source)
        return kills


def main(kills, seed, corpus, handlers, slowdown):
    random.seed(seed)
    fuzz = Fuzz(corpus, handlers, slowdown)
    programs = 0
    while kills > 0:
        programs += 1
        if programs % PROGRAMS_PER_ARENA == 0:
            fuzz.new_arena()
        source = random.choice(fuzz.corpus) if random.getrandbits(1) else random_program()
        kills -= fuzz.run(source)
    print(json.dumps(fuzz.endings))


main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4], int(sys.argv[5]))
