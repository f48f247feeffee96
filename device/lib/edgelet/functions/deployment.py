"""Changes of the functions while they answer requests: deploys, rollbacks, other variables and secrets, removal."""

import asyncio

import quickjs
from edgelet import log
from edgelet.event_loop import in_slices


class ImageTooLarge(ValueError):
    """An image needs more than the `limit` bytes that there are for it. stack: where the code was then."""

    def __init__(self, limit, error):
        super().__init__("the image needs more than %d bytes" % limit)
        self.limit = limit
        self.stack = error.stack


class NotStarted(ValueError):
    """A function does not start with its new variables or secrets. stack: of the JavaScript error, "" without one."""

    def __init__(self, name, error):
        super().__init__(
            "the change is stored, but function %s does not start with it (%s): it answers 503 until you set other "
            "values or deploy it anew" % (name, error)
        )
        self.stack = getattr(error, "stack", "")


class Deployment:
    """Changes `functions`, an `edgelet.functions.registry.Functions`: one change at a time."""

    def __init__(self, functions):
        self._functions = functions
        self._images = functions.images
        self._drain_ms = functions.config.settings["drain_ms"]
        self._changing = asyncio.Lock()
        self._staged = None

    async def prepare(self):
        """After Functions.start(), while requests are served: erases images of what is no more, builds what is missing.

        An image that is kept in flash is missing after a power cut, and with another firmware or other limits.
        """
        async with self._changing:
            await self._images.tidy()
            unbuilt = self._functions.unbuilt
            while unbuilt:
                function = unbuilt.pop(0)
                try:
                    await self._build(function)
                    log.info("the image was built anew", function=function.name)
                except (OSError, ValueError, quickjs.Error) as e:
                    log.error("the image cannot be built: %s" % e, function=function.name)

    async def stage(self, name, id):
        """Builds release `id` of a function, for `activate` to put into service unless something else changes before.

        Returns {image_bytes, memory}: the image's size, and the limit for it and its requests. Where the image cannot
        be built, ImageTooLarge or what the build raises.
        """
        async with self._changing:
            await self._stage(name, id)
            staged = self._staged
            return {"image_bytes": staged.image_size, "memory": staged.limits["memory"]}

    async def activate(self, name, id):
        """Makes release `id` of a function the active one, and ends the old one's requests.

        Where its image cannot be built, what the build raises, and the old release stays.
        """
        releases = self._functions.releases
        async with self._changing:
            try:
                active = await in_slices(releases.verify_steps(name, id))
            except Exception:
                await self._unstage()
                raise
            staged = self._staged
            if staged is None or (staged.name, staged.release) != (name, id):
                await self._stage(name, id)
            candidate, self._staged = self._staged, None
            # At once: requests that waited for the build get the new release.
            try:
                releases.switch(name, id, active)
            except Exception:
                await self._images.erase(candidate)
                raise
            self.say("ready, release %s" % id, name)
            old = self._replace(candidate)
            try:
                await asyncio.sleep_ms(0)
                # Before calls of the old one have ended: another deploy may have committed its release by then.
                releases.sweep(name)
            finally:
                await self._end(old)

    async def reload(self, name):
        """Brings changed variables or secrets of a function into service.

        When this returns, the new image is built and what was built with the old values is erased. Raises NotStarted
        where there can be no new image: the old values do not come back, and neither does what was built with them.
        """
        async with self._changing:
            await self._unstage()
            function = self._functions.load(name)
            problem = None
            try:
                await self._build(function)
            except (OSError, ValueError, quickjs.Error) as e:
                problem = NotStarted(name, e)
            await self._end(self._replace(function))
            if problem:
                raise problem
            self.say("variables and secrets have changed", name)

    def say(self, text, name):
        """Tells the log of a change of a function."""
        log.info(text, function=name)

    async def remove(self, name):
        """Takes a function out of service and deletes all that is kept for it."""
        async with self._changing:
            await self._unstage()
            self._functions.releases.retire(name)
            await self._end(self._functions.take_out(name))
        # Others are deployed meanwhile: it may have kept thousands of files.
        await in_slices(self._functions.releases.delete_steps(name))

    async def _stage(self, name, id):
        await self._unstage()
        candidate = self._functions.load(name, id)
        self._functions.check(name, candidate.vars, candidate.memory_asked, candidate.has_handler)
        try:
            await self._build(candidate)
        except Exception as e:
            await self._images.erase(candidate)
            if isinstance(e, quickjs.Error) and e.kind == "memory":
                raise ImageTooLarge(candidate.limits["memory"], e)
            raise
        self._staged = candidate

    async def _unstage(self):
        """Erases what was staged: it has waited in vain, or is not up to date any more."""
        staged, self._staged = self._staged, None
        if staged:
            await self._images.erase(staged)

    async def _build(self, function):
        """Builds a function's image, while the one whose place it will take goes on."""
        if function.has_handler:
            await self._hold_arena(self._functions.get(function.name))
            try:
                await self._images.make(function)
            finally:
                self._functions.turns.release()

    async def _hold_arena(self, old):
        """Takes the arena. A request of the function `old` that is in its way may end, and is aborted then."""
        turns = self._functions.turns
        try:
            await turns.hold(self._drain_ms)
        except asyncio.TimeoutError:
            if old:
                old.abort()
            await turns.hold()

    def _replace(self, function):
        """Puts a function into service; the one whose place it takes, or None."""
        return self._functions.put(function)

    async def _end(self, function):
        """Ends a function that is not in service any more, where there is one."""
        if function:
            await function.close(self._drain_ms)
