"""Messages between the owner and a worker: what one asks of the other, and the answers.

Each is a list, packed by `_workers.pack`. ["?", id, operation, its arguments] asks; ["=", id, value, microseconds] and
["!", id, error, microseconds] answer, with an error as `told` has it; [".", operation, its arguments] wants no answer.
"""

import asyncio
import sys
import time
from asyncio import core

from _epoll import read_once
from _workers import pack, set_nonblocking, unpack

_READ_SIZE = 65536
_HEAD = 4  # bytes of a message's length
#: Bytes of a message: a value of KV, or a request of the console.
MOST = 64 << 20
# Questions of one function that are under way; more wait here, so that the answers to others' come in between.
_MOST_AT_A_TIME = 64


class Failure(ValueError):
    """What the other process answers that it cannot. code, limit, stack: see `edgelet.console.admin`."""

    def __init__(self, error):
        super().__init__(error["text"])
        self.code = error.get("code")
        self.limit = error.get("limit")
        self.stack = error.get("stack")


class Gone(Exception):
    """The other process has ended, or has answered nothing in time."""


class Answer:
    """An answer that is awaited, as an `edgelet.storage.commits.Change`: done(error, microseconds) when it is here."""

    def __init__(self):
        self.done = None
        self.value = None
        self.is_wanted = True

    def cancel(self):
        """Nobody wants it any more."""
        self.is_wanted = False


class _Awaited:
    """The same for a task that waits."""

    def __init__(self):
        self.event = asyncio.Event()
        self.error = None
        self.value = None
        self.is_wanted = True

    def done(self, error, us):
        self.error = error
        self.event.set()


class Link:
    """One end of the connection: the stream of descriptor `fd`, which is this object's from now on.

    hear(link, message) is called with each message but answers. told(exception) gives what `Failure` takes.
    """

    def __init__(self, fd, hear, told):
        set_nonblocking(fd)
        self._stream = open(fd, "r+b")  # noqa: SIM115 - close() closes it
        self._hear = hear
        self._told = told
        self._ids = 0
        self._asked = {}  # id -> (Answer, the function it is for or None)
        self._counts = {}  # function -> how many of its questions are under way
        self._held = {}  # function -> [(Answer, operation, arguments)] that wait for these
        self._unsent = []
        self._sender = None
        self._reader = None
        self.is_open = True
        self.ended = asyncio.Event()

    # What this process asks

    def ask(self, operation, arguments, function=None):
        """An Answer. function: for whom, of whose questions some are under way at a time."""
        answer = Answer()
        self._submit(answer, operation, arguments, function)
        return answer

    async def call(self, operation, *arguments):
        """The answer's value. Raises Failure or Gone."""
        answer = _Awaited()
        self._submit(answer, operation, arguments, None)
        await answer.event.wait()
        if answer.error:
            raise answer.error
        return answer.value

    def tell(self, operation, *arguments):
        """Says something that wants no answer."""
        self._send([".", operation, arguments])

    def _submit(self, answer, operation, arguments, function):
        if not self.is_open:
            raise Gone
        if function is not None:
            count = self._counts.get(function, 0)
            if count >= _MOST_AT_A_TIME:
                self._held.setdefault(function, []).append((answer, operation, arguments))
                return
            self._counts[function] = count + 1
        self._ids += 1
        self._asked[self._ids] = answer, function
        try:
            self._send(["?", self._ids, operation, arguments])
        except BaseException:
            self._forget(self._ids)
            raise

    def _forget(self, id):
        answer, function = self._asked.pop(id, (None, None))
        if function is not None:
            count = self._counts[function] - 1
            if count:
                self._counts[function] = count
            else:
                del self._counts[function]
        return answer, function

    def _answered(self, id, error, value, us):
        answer, function = self._forget(id)
        if answer is None:
            return
        if answer.is_wanted:
            answer.value = value
            answer.done(error, us)
        held = self._held.get(function)
        while held and self._counts.get(function, 0) < _MOST_AT_A_TIME:
            waiting, operation, arguments = held.pop(0)
            if waiting.is_wanted:
                self._submit(waiting, operation, arguments, function)
        if held is not None and not held:
            del self._held[function]

    # What the other one has asked

    def answer(self, id, error, value, us=0):
        """Answers a question: with an exception, or with a value where that is None."""
        if not self.is_open:
            return
        if error is None:
            try:
                self._send(["=", id, value, us])
                return
            except (TypeError, ValueError) as e:
                error = e
        self._send(["!", id, self._told(error), us])

    # Bytes

    def _send(self, message):
        if not self.is_open:
            return
        data = pack(message)
        if len(data) > MOST:
            raise ValueError("%d bytes are too many for a message" % len(data))
        # In the next round of the event loop, with what comes until then: a system call costs as much as a message.
        self._unsent.append(data)
        if self._sender is None:
            self._sender = asyncio.create_task(self._send_all())

    async def _send_all(self):
        while self._unsent and self.is_open:
            data = self._unsent[0] if len(self._unsent) == 1 else b"".join(self._unsent)
            self._unsent = []
            sent = self._write(data)
            if sent < len(data):
                self._unsent.insert(0, data[sent:])
                await _writable(self._stream)
        self._sender = None

    def _write(self, data):
        try:
            return self._stream.write(data) or 0
        except OSError:
            self.close()
            return len(data)

    async def run(self):
        """Hears what the other one says, until one of both has ended."""
        if not self.is_open:
            return
        self._reader = asyncio.current_task()
        buffer = bytearray(_READ_SIZE)
        used = 0
        try:
            while self.is_open:
                size = read_once(self._stream, memoryview(buffer)[used:])
                if size is None:
                    await _readable(self._stream)
                    continue
                if not size:
                    break
                used = self._take(buffer, used + size)
                if used >= _HEAD:
                    wanted = _HEAD + int.from_bytes(buffer[:_HEAD], sys.byteorder)
                    if wanted > MOST:
                        raise ValueError("a message of %d bytes" % wanted)
                    if wanted > len(buffer):
                        buffer.extend(bytes(wanted - len(buffer)))
                elif len(buffer) > _READ_SIZE:
                    buffer = buffer[:_READ_SIZE]
                await asyncio.sleep_ms(0)
        except OSError:
            pass
        finally:
            self.close()

    def _take(self, buffer, used):
        """Hears the whole messages; how many bytes are left, which are at the start then."""
        at = 0
        view = memoryview(buffer)
        while used - at >= _HEAD:
            end = at + _HEAD + int.from_bytes(view[at : at + _HEAD], sys.byteorder)
            if end > used:
                break
            self._hear_one(unpack(view[at + _HEAD : end]))
            at = end
        if at:
            view[: used - at] = view[at:used]
        return used - at

    def _hear_one(self, message):
        kind = message[0]
        if kind == "=":
            self._answered(message[1], None, message[2], message[3])
        elif kind == "!":
            self._answered(message[1], Failure(message[2]), None, message[3])
        else:
            self._hear(self, message)

    def close(self):
        """Ends the connection: whoever waits for an answer learns that there is none. May be called again."""
        if not self.is_open:
            return
        self.is_open = False
        asked, self._asked, held, self._held = self._asked, {}, self._held, {}
        answers = [answer for answer, _ in asked.values()]
        for waiting in held.values():
            answers += [one[0] for one in waiting]
        for answer in answers:
            if answer.is_wanted and answer.done:
                answer.done(Gone(), 0)
        self.ended.set()
        # Who waits for the stream must do so no more when its descriptor's number is another one's.
        for task in (self._sender, self._reader):
            if task and task is not asyncio.current_task():
                task.cancel()
        self._stream.close()


def _readable(stream):
    yield core._io_queue.queue_read(stream)


def _writable(stream):
    yield core._io_queue.queue_write(stream)


def spent_us(began):
    """Microseconds since time.ticks_us() gave that."""
    return max(time.ticks_diff(time.ticks_us(), began), 0)
