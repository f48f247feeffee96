"""The first process of `serve --workers N`: it forks the owner and the workers, and does nothing else but that.

It has run no JavaScript and spoken no TLS, so what it forks has its own timers and random numbers. What must be the
same for all is made here: the arena, whose address is the same in all of them, and each worker's listener. That
outlives its worker: who has connected and was not accepted yet waits for the next one.

Messages of the owner: `up`, it is ready for workers; `kill SLOT`, one does not answer; `restart`, with other settings.
To the owner: `worker SLOT` with the socket to a new one; `ended SLOT STATUS`; `restarted`, nothing of before will come.
"""

import socket
import sys
import time

import _workers
import quickjs
from edgelet.processes.worker import READ
from edgelet.storage import files
from edgelet.storage.config import Settings

_BACKLOG = 1024
# A worker that ends before it has lived for so long has its place taken after a pause, which grows.
_EARLY_MS = 1000
_PAUSES_MS = (0, 0, 100, 200, 400, 800, 1600, 3200, 6400, 10000)
# From this pause on nobody waits for it: connections go to the others.
_LONG_MS = 1000


def _bound(host, port, is_shared):
    sock = socket.socket()
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if is_shared:
            sock.setsockopt(socket.SOL_SOCKET, _workers.SO_REUSEPORT, 1)
        sock.bind(socket.getaddrinfo(host, port)[0][-1])
    except OSError:
        sock.close()
        raise
    return sock


class _Place:
    """Where a worker is, or will be. process: 0 where there is none. life: see `_workers.fork`."""

    def __init__(self, slot):
        self.slot = slot
        self.listener = None
        self.process = 0
        self.life = -1
        self.began = 0
        self.early = 0  # how many have ended early, one after the other
        self.due = None  # time.ticks_ms() of the next one's start


class Supervisor:
    """Forks `count` workers.

    owner(control) and worker(link, listener, arena) are what the processes do; both return the exit status.
    """

    def __init__(self, root, host, port, count, owner, worker):
        self._root = root
        self._at = host, port
        self._owner_work = owner
        self._worker_work = worker
        # Without SO_REUSEPORT, so that nobody else has the port; others may share it from here on.
        self._reserved = _bound(host, port, False)
        self._reserved.setsockopt(socket.SOL_SOCKET, _workers.SO_REUSEPORT, 1)
        self._listens = False
        self._places = [_Place(slot) for slot in range(count)]
        for place in self._places:
            place.listener = _bound(host, port, True)
        self._arena = self._new_arena()
        # A worker may read what is there when it begins.
        for name in READ:
            try:
                files.make_folder("%s/%s" % (root, name))
            except ValueError:
                pass  # A file is in its place: the owner says so.

    def _new_arena(self):
        settings, count = Settings(self._root), len(self._places)
        waiting = settings["waiting_requests"], settings["waiting_bytes"]
        return quickjs.Arena(settings["arena_bytes"], *[max(one // count, 1) if one else 0 for one in waiting])

    def run(self):
        """Until the owner has ended; its exit status."""
        self._control, others = _workers.pair(True)
        process, life = _workers.fork()
        if not process:
            _workers.close(self._control)
            for place in self._places:
                place.listener.close()
            self._reserved.close()
            _run(self._owner_work, others)
        _workers.close(others)
        self._owner_life = life
        while True:
            if life in self._wait():
                status = _workers.reap(process)
                self._end_workers()
                if status < 0:
                    print("edgelet: the process that owns the data was ended by signal %d" % -status, file=sys.stderr)
                return status if status > 0 else 1

    def _wait(self):
        """One round: what is readable then."""
        now = time.ticks_ms()
        waits = [time.ticks_diff(one.due, now) for one in self._places if one.due is not None]
        lives = {one.life: one for one in self._places if one.process}
        waited = [self._owner_life, self._control]
        waited.extend(lives)
        ready = _workers.wait(waited, max(min(waits), 0) if waits else -1)
        for life, place in lives.items():
            if life in ready:
                self._has_ended(place)
        if self._control in ready and self._owner_life not in ready:
            self._obey(_workers.receive(self._control)[0].decode())
        for place in self._places:
            if place.due is not None and time.ticks_diff(place.due, time.ticks_ms()) <= 0:
                self._start(place)
        return ready

    def _tell(self, text, passed=-1):
        try:
            _workers.send(self._control, text.encode(), passed)
        except OSError:
            pass  # The owner has ended, which its life tells.

    def _obey(self, text):
        word, _, slot = text.partition(" ")
        if word == "up":
            self._listen()
            for place in self._places:
                place.due = time.ticks_ms()
        elif word == "kill":
            place = self._places[int(slot)]
            if place.process:
                _workers.kill(place.process)
        elif word == "restart":
            self._end_workers()
            self._arena.close()
            self._arena = self._new_arena()
            self._tell("restarted")

    def _listen(self):
        """Listens in each place. OSError where somebody else does so at this port."""
        alone = None if self._listens else self._reserved
        if alone:
            # Another supervisor may have bound it just before, as nobody listened: who does so without SO_REUSEPORT is
            # the only one.
            alone.setsockopt(socket.SOL_SOCKET, _workers.SO_REUSEPORT, 0)
            alone.listen(1)
            alone.setsockopt(socket.SOL_SOCKET, _workers.SO_REUSEPORT, 1)
        for place in self._places:
            if place.listener is None:
                place.listener = _bound(*self._at, True)
            place.listener.listen(_BACKLOG)
        if alone:
            # It would be given connections, which nobody accepts there.
            self._reserved = _bound(*self._at, True)
            alone.close()
            self._listens = True

    def _end_workers(self):
        for place in self._places:
            place.due = None
            place.early = 0
            if place.process:
                _workers.kill(place.process)
                self._bury(place)

    def _bury(self, place):
        status = _workers.reap(place.process)
        _workers.close(place.life)
        place.process = 0
        return status

    def _has_ended(self, place):
        status = self._bury(place)
        self._tell("ended %d %d" % (place.slot, status))
        now = time.ticks_ms()
        place.early = place.early + 1 if time.ticks_diff(now, place.began) < _EARLY_MS else 0
        pause = _PAUSES_MS[min(place.early, len(_PAUSES_MS) - 1)]
        if pause >= _LONG_MS and place.listener:
            place.listener.close()
            place.listener = None
        place.due = time.ticks_add(now, pause)

    def _start(self, place):
        if place.listener is None:
            place.listener = _bound(*self._at, True)
            place.listener.listen(_BACKLOG)
        place.due = None
        ours, others = _workers.pair(False)
        try:
            place.process, place.life = _workers.fork()
        except OSError as e:
            # No memory, or as many processes as there may be.
            print("edgelet: cannot start a worker: %s" % e, file=sys.stderr)
            _workers.close(ours)
            _workers.close(others)
            place.early += 1
            place.due = time.ticks_add(time.ticks_ms(), _PAUSES_MS[-1])
            return
        if not place.process:
            for one in [self._control, self._owner_life, others]:
                _workers.close(one)
            for one in self._places:
                if one is not place:
                    if one.process:
                        _workers.close(one.life)
                    if one.listener:
                        one.listener.close()
            self._reserved.close()
            _workers.leave_console()
            _run(self._worker_work, ours, place.listener, self._arena)
        place.began = time.ticks_ms()
        _workers.close(ours)
        self._tell("worker %d" % place.slot, others)
        _workers.close(others)


def _run(work, *arguments):
    """What a process that was forked does, up to its end: it never returns into what its parent was doing."""
    status = 1
    try:
        status = work(*arguments)
    except BaseException as e:
        try:
            sys.print_exception(e, sys.stderr)
        except BaseException:
            pass
    _workers.leave(status)
