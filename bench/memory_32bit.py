"""Prints what isolates take of a microcontroller's memory: a table by handler, on a simulated Cortex-M3.

runtime   bytes of the arena after the engine's runtime was made
context   after a context with the built-ins was added to it, before the functions of the host and the web
image     bytes that are copied before each request
peak      bytes of the arena in use at most during a request (it may lie below the image, which may have gaps)
"""

import ast
import sys
from pathlib import Path

from click import command, echo

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "host"), str(ROOT / "tests" / "support")]

from isolate_cases import fetch  # noqa: E402
from qemu_helpers import Board, Linux  # noqa: E402

# Name: source, body of the request, goal for the image in KiB.
HANDLERS: dict[str, tuple[str, str, int | None]] = {
    "empty fetch": ("export default { fetch() {} }", "", None),
    "hello": (fetch("return new Response('hello')"), "", 60),
    "hello, Lambda": ("export const handler = async () => ({ statusCode: 200, body: 'hello' })", "", 60),
    "JSON": (fetch("const { a } = await request.json(); return Response.json({ a: a + 1 })"), '{"a":1}', None),
    "RegExp": (fetch("return new Response(/(\\d+)/.exec('a 12')[1])"), "", None),
    "Map": (fetch("return new Response(new Map([['k', 'v']]).get('k'))"), "", None),
    "Date": (fetch("return new Response(new Date().toISOString())"), "", None),
    "typed array": (fetch("return new Response(new Uint8Array(16).fill(65))"), "", None),
    "JSON, Map, RegExp, typed array": (
        fetch(
            "const map = new Map(await request.json()); const match = /(\\w+)-(\\d+)/.exec(map.get('id'));"
            " return Response.json({ name: match[1], bytes: [...new Uint8Array(Number(match[2]))] })"
        ),
        '[["id","abc-12"]]',
        76,
    ),
    "URL and Headers": (
        fetch(
            "const url = new URL(request.url); const headers = new Headers({ 'x-path': url.pathname });"
            " return new Response(url.searchParams.get('q'), { headers })"
        ),
        "",
        None,
    ),
}


def measure(board: Board, bundle: bytes, body: str) -> tuple[str, int, int, int]:
    """The outcome of a request, the image's size, the peak of the request and its CPU time in us."""
    board.exec(f"image = arena.build({bundle!r})")
    output = board.exec(
        f"call = image.start('POST', '/?q=1', b'', {body!r}, 'edge.local')\n"
        "print([call.error.kind if call.error else str(call.status), image.size, call.peak, call.cpu_us])"
    )
    kind, image, peak, cpu_us = ast.literal_eval(output)
    return kind, image, peak, cpu_us


@command()
def main() -> None:
    """Prints the memory that isolates take on a simulated Cortex-M3 board."""
    with Linux() as linux, Board() as board:
        runtime, context = ast.literal_eval(board.exec("import bare\nprint(bare.sizes())"))
        board.exec("import quickjs\narena = quickjs.Arena()")
        arena = int(board.exec("print(arena.size)"))
        echo(f"arena {arena}, runtime {runtime}, context {context} bytes\n")
        echo(f"{'handler':32}{'bundle':>8}{'image':>8}{'goal':>8}{'peak':>8}{'us':>8}  outcome")
        for name, (source, body, goal) in HANDLERS.items():
            code = f"import quickjs\nprint(quickjs.compile({{'main.js': {source!r}}}, strip=True))"
            bundle = ast.literal_eval(linux.exec(code))
            kind, image, peak, cpu_us = measure(board, bundle, body)
            wanted = "" if goal is None else goal * 1024
            echo(f"{name:32}{len(bundle):8}{image:8}{wanted!s:>8}{peak:8}{cpu_us:8}  {kind}")


if __name__ == "__main__":
    main()
