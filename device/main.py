"""Starts the server on a board; in safe mode MicroPython's own prompt follows instead."""

# MicroPython lets Ctrl-C into what it starts. Programs send it when they open the port, which may be now: what has come
# is raised in the loop, and nothing comes after it.
while True:
    try:
        import micropython

        micropython.kbd_intr(-1)
        for _ in range(2):
            pass
        break
    except KeyboardInterrupt:
        pass

from edgelet import startup  # noqa: E402 - after the loop

startup.run()
