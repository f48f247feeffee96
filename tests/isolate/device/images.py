"""Images: saved, loaded, refused, erased, and side by side."""

import gc
import hashlib
import random
import struct

import quickjs
from common import build, fails, handler, raises

HELLO = handler("return new Response('hello')")
COUNT = "let n = 0;" + handler("return new Response(String(++n))")


def bundle(source):
    return quickjs.compile({"main.js": source})


def test_saved_image_serves_again():
    image = build(COUNT, env={"S": "s"}, cpu_ms=7)
    saved = image.save()
    assert image.start("GET", "/", None).body == b"1"
    again = image.arena.load(saved)
    assert again.size == image.size and again.handler == "fetch" and again.save() == saved
    for _ in range(3):
        assert again.start("GET", "/", None).body == b"1" == image.start("GET", "/", None).body
    image.erase()
    assert again.start("GET", "/", None).body == b"1"


def test_saved_image_keeps_its_limits():
    image = build(handler("for (;;);"), cpu_ms=3)
    again = image.arena.load(image.save())
    assert again.start("GET", "/", None).error.message == "CPU limit of 3 ms exceeded (cpu_ms)"


def test_image_of_another_arena_is_stale():
    saved = build(HELLO).save()
    for size in (512 * 1024, 256 * 1024):
        error = fails("stale", quickjs.Arena(size).load, saved)
        assert "another arena" in error.message


def test_image_of_another_firmware_is_stale():
    image = build(HELLO)
    saved = bytearray(image.save())
    # Digest, magic and size lie before the firmware's id.
    saved[40] ^= 1
    error = fails("stale", image.arena.load, saved)
    assert "another firmware" in error.message


def test_damaged_image_is_stale():
    image = build(HELLO)
    saved = image.save()
    header = len(saved) - image.size
    random.seed(1)
    positions = list(range(header)) + [random.randrange(header, len(saved)) for _ in range(40)]
    accepted = []
    for at in positions:
        damaged = bytearray(saved)
        damaged[at] ^= 1 << random.getrandbits(3) % 8
        try:
            image.arena.load(damaged)
            accepted.append(at)
        except quickjs.Error as error:
            assert error.kind == "stale", error.kind
    assert not accepted, accepted
    for length in range(0, len(saved), 97):
        fails("stale", image.arena.load, saved[:length])
    fails("stale", image.arena.load, saved + b"x")
    assert image.start("GET", "/", None).body == b"hello"


def test_image_with_a_field_out_of_range_is_stale():
    """The digest is right: it is no secret how it is made."""
    image = build(HELLO, memory=400 * 1024)
    saved = bytes(image.save())
    header = len(saved) - image.size
    arena, size = image.arena.address, image.arena.size

    def forged(changes):
        forgery = bytearray(saved)
        for at, form, value in changes:
            struct.pack_into(form, forgery, at, *(value if isinstance(value, tuple) else (value,)))
        forgery[:32] = hashlib.sha256(forgery[32:]).digest()
        return forgery

    assert struct.unpack_from("<I4s", saved, 36)[0] == image.size
    assert struct.unpack_from("<QQ", saved, 48) == (arena, size)
    image.arena.load(forged([])).erase()
    context, host, code, limits, kind, name = 64, 72, 80, 96, 108, 112
    for at in (context, host):
        for address in (0, arena, arena + 64, arena + image.size, arena + image.size - 4, arena + size, 1 << 63):
            fails("stale", image.arena.load, forged([(at, "<Q", address)]))
    address = struct.unpack_from("<Q", saved, host)[0]
    fails("stale", image.arena.load, forged([(host, "<Q", address + 1)]))
    for offset, values in ((0, (0, 60001)), (4, (0, 48 * 1024 - 1, size + 1)), (8, (0, 8 * 1024 - 1, 2**21 + 1))):
        for value in values:
            fails("stale", image.arena.load, forged([(limits + offset, "<I", value)]))
    for address, length in ((0, 1), (arena, 8), (1 << 63, 1 << 62)):
        fails("stale", image.arena.load, forged([(code, "<QQ", (address, length))]))
        fails("stale", image.arena.map, forged([(code, "<QQ", (address, length))]), memoryview(saved))
    for value in (0, 256):
        fails("stale", image.arena.load, forged([(kind, "<I", value)]))
    fails("stale", image.arena.load, forged([(name, "48s", b"n" * 48)]))
    # The first words of the arena's own book-keeping: where it ends, begins, and what it has used.
    for word in range(7):
        for value in (2**31 - 1, 2**32 - 1):
            if word != 5:  # the peak, which each call sets
                fails("stale", image.arena.load, forged([(header + 4 * word, "<I", value)]))
    assert image.start("GET", "/", None).body == b"hello"


def test_image_larger_than_its_arena_is_stale():
    image = build(HELLO)
    saved = bytes(image.save())
    header = len(saved) - image.size
    size = image.arena.size + 4096
    forgery = bytearray(saved + bytes(size - image.size))
    struct.pack_into("<I", forgery, 36, size)
    # Where top is, and how far the arena was ever used.
    for word in (2, 3):
        struct.pack_into("<I", forgery, header + 4 * word, size)
    forgery[:32] = hashlib.sha256(forgery[32:]).digest()
    fails("stale", image.arena.load, forgery)
    fails("stale", image.arena.map, forgery)


def draft(source, arena=None, **options):
    return build(source, arena=arena, keep=False, **options)


def saved_in_pieces(image, size):
    """What Image.save() gives, read in pieces of `size` bytes."""
    saved = bytearray()
    piece = bytearray(size)
    while len(saved) < image.saved_size:
        n = image.readinto(piece, len(saved))
        saved += piece[:n]
    assert image.readinto(piece, len(saved)) == 0
    return saved


def test_image_that_is_not_kept_is_saved_from_the_arena():
    image = draft(COUNT, env={"S": "s"}, cpu_ms=7)
    raises(ValueError, image.start, "GET", "/", None)
    pieces = [saved_in_pieces(image, size) for size in (1, 7, 256, 4096, image.saved_size, 1 << 20)]
    assert all(saved == image.save() for saved in pieces)
    arena = image.arena
    assert arena.load(pieces[0]).start("GET", "/", None).body == b"1"
    # The arena has another image now.
    for use in (image.save, lambda: image.readinto(bytearray(9)), lambda: image.start("GET", "/", None)):
        raises(ValueError, use)
    image.erase()
    raises(ValueError, image.save)


def test_image_that_is_not_kept_ends_with_the_next_use_of_its_arena():
    for use in (
        lambda image: image.arena.build(bundle(HELLO)),
        lambda image: draft(HELLO, image.arena),
        lambda image: fails("thrown", image.arena.build, bundle("throw 1")),
        lambda image: image.arena.close(),
        lambda image: image.erase(),
    ):
        image = draft(HELLO)
        use(image)
        raises(ValueError, image.save)


def test_mapped_image_serves_from_the_memory_where_it_lies():
    image = draft(COUNT, env={"S": "s"})
    flash = bytearray(b"\xff" * 512) + image.save() + b"\xff" * 512
    view = memoryview(flash)[512:-512]
    arena = image.arena
    mapped = arena.map(view)
    other = build(HELLO, arena=arena)
    assert mapped.size == image.size and mapped.handler == "fetch" and mapped.save() == view
    for _ in range(3):
        gc.collect()
        assert mapped.start("GET", "/", None).body == b"1"
        assert other.start("GET", "/", None).body == b"hello"
    before = bytes(flash)
    mapped.erase()
    assert flash == before
    raises(ValueError, mapped.start, "GET", "/", None)
    assert arena.map(view).start("GET", "/", None).body == b"1"


def test_memory_that_cannot_be_mapped_is_refused():
    image = draft(HELLO)
    saved = bytearray(image.save())
    fails("stale", quickjs.Arena(512 * 1024).map, saved)
    for at in (0, 40, len(saved) - 1):
        saved[at] ^= 1
        fails("stale", image.arena.map, saved)
        saved[at] ^= 1
    for length in (0, 1, 200, len(saved) - 1):
        fails("stale", image.arena.map, memoryview(saved)[:length])
    mapped = image.arena.map(saved)
    assert mapped.start("GET", "/", None).body == b"hello"
    saved += bytes(1 << 20)
    raises(ValueError, mapped.start, "GET", "/", None)


def test_erased_image_is_of_no_use():
    image = build(HELLO)
    image.erase()
    image.erase()
    raises(ValueError, image.start, "GET", "/", None)
    raises(ValueError, image.save)
    assert repr(image) == "<Image erased>"
    assert image.arena.build(bundle(HELLO)).start("GET", "/", None).body == b"hello"


def test_closed_arena_is_of_no_use():
    image = build(handler("await new Promise((done) => setTimeout(done, 1))"))
    call = image.start("GET", "/", None)
    arena = image.arena
    assert call.state == quickjs.PENDING
    arena.close()
    arena.close()
    assert repr(arena) == "<Arena closed>" and call.resolve(1) is False and call.ops() == []
    for use in (lambda: arena.size, lambda: arena.busy, lambda: arena.address, image.save):
        raises(ValueError, use)
    raises(ValueError, arena.build, bundle(HELLO))
    raises(ValueError, image.start, "GET", "/", None)
    image.erase()


def test_nothing_of_a_request_is_left_for_another_function():
    """What a request wrote lies behind the image too, where the next function's restore alone would not reach."""
    arena = quickjs.Arena(512 * 1024)
    canary = bytes(random.getrandbits(7) | 0x20 for _ in range(24))
    writer = build(
        handler(
            "const text = await request.text(), all = [];"
            "for (let i = 0; i < 200; i++) all.push(new TextEncoder().encode(text + i)); return new Response()"
        ),
        arena=arena,
    )
    reader = build(HELLO, arena=arena)

    def count():
        with open("/proc/self/mem", "rb") as memory:
            memory.seek(arena.address)
            return memory.read(arena.size).count(canary)

    assert writer.start("POST", "/", None, canary).state == quickjs.DONE
    assert count() > 200
    assert reader.start("GET", "/", None).body == b"hello"
    assert count() == 0


def test_random_state_is_not_in_an_image():
    """Two images of one function, and one image saved, do not repeat each other's numbers."""
    source = handler("return new Response([Math.random(), Math.random()].join())")
    arena = quickjs.Arena(512 * 1024)
    first, second = build(source, arena=arena), build(source, arena=arena)
    third = arena.load(first.save())
    numbers = []
    for image in (first, second, third) * 20:
        numbers += image.start("GET", "/", None).body.split(b",")
    assert len(set(numbers)) == 120


def test_several_images_and_arenas_side_by_side():
    random.seed(7)
    arenas = [quickjs.Arena((256 + 64 * i) * 1024) for i in range(4)]
    images = []
    for i in range(16):
        source = f"let n = {i};" + handler("n++; await env.KV.get(n); return new Response(n + env.ME)")
        image = build(source, arena=arenas[i % 4], env={"ME": f"-{i}"}, bindings={"KV": ("kv", ("get",))})
        images.append((i, image))
    open_calls = {}
    for _ in range(4000):
        i, image = images[random.randrange(16)]
        slot = i % 4
        if slot in open_calls:
            j, call = open_calls.pop(slot)
            assert call.ops() == [(1, "kv.get", ("KV", j + 1))]
            assert call.resolve(1) == quickjs.DONE and call.body == b"%d-%d" % (j + 1, j)
        else:
            call = image.start("GET", "/", None)
            assert call.state == quickjs.PENDING, call.error
            open_calls[slot] = (i, call)


def test_failed_build_leaves_other_images_whole():
    arena = quickjs.Arena(512 * 1024)
    image = build(COUNT, arena=arena)
    for source, kind in (
        ("throw new Error('x')", "thrown"),
        ("for (;;);", "cpu"),
        ("for (const a = []; ; ) a.push([a])", "memory"),
        ("(function f() { f() })()", "stack"),
        ("export const nothing = 1", "handler"),
        ("await new Promise(() => {}); export default () => {}", "stuck"),
        ("export default { fetch: 1 }", "handler"),
    ):
        fails(kind, arena.build, bundle(source), cpu_ms=5)
        assert image.start("GET", "/", None).body == b"1", kind


def test_memory_of_arenas_is_given_back():
    def mapped():
        with open("/proc/self/statm") as file:
            return int(file.read().split()[0])

    for closes in (True, False):
        for i in range(60):
            if i == 20:
                before = mapped()
            image = build(HELLO, arena=quickjs.Arena(8 * 1024 * 1024))
            assert image.start("GET", "/", None).body == b"hello"
            if closes:
                image.arena.close()
            del image
            if not closes:
                gc.collect()
        # Forty arenas more or less; one or two may still be held by what the collector takes for a reference.
        assert mapped() - before < 4 * 2048, (closes, mapped() - before)


def test_memory_of_a_closed_arena_serves_again():
    """What the sanitizers know of a block must end with it: the system gives its address to the next one."""
    for i in range(30):
        arenas = [quickjs.Arena((64 + 64 * (i + j) % 512 + 192) * 1024) for j in range(3)]
        images = [build(HELLO, arena=arena) for arena in arenas]
        for image in images:
            assert image.start("GET", "/", None).body == b"hello"
        for arena in arenas:
            arena.close()


def test_a_class_that_few_name_takes_no_more_than_its_own():
    plain = build(handler("return new Response('x')")).size
    for name in ("TextDecoderStream", "CompressionStream", "DecompressionStream", "ReadableStreamBYOBReader"):
        size = build(handler(name + "; return new Response('x')")).size - plain
        # Where the engine's table of classes grew by half, 5100.
        assert 0 < size < 3500, (name, size)
