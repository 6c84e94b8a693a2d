"""A wire to a server that can be cut, stalled and torn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

Dial = Callable[[], Awaitable[tuple[asyncio.StreamReader, asyncio.StreamWriter]]]


class FaultyWire:
    """A proxy on a unix socket at `path`; `dial` connects to the server behind it."""

    def __init__(self, path: Path, dial: Dial) -> None:
        self.path = path
        self._dial = dial
        self._server: asyncio.Server | None = None
        self._flowing = asyncio.Event()
        self._tearing = False
        self._joined: set[asyncio.Task[None]] = set()

    async def restore(self) -> None:
        """Let everything through again; connections that were cut stay cut."""
        self._tearing = False
        self._flowing.set()
        if self._server is None:
            self._server = await asyncio.start_unix_server(self._accept, self.path)

    async def cut(self) -> None:
        """Close all connections and refuse new ones."""
        if self._server is not None:
            self._server.close()
            self._server = None
        self.path.unlink(missing_ok=True)
        await asyncio.sleep(0.001)  # those that were just accepted join, and leave again
        for task in self._joined:
            task.cancel()
        await asyncio.gather(*self._joined, return_exceptions=True)

    async def stall(self) -> None:
        """Accept and read, but let nothing through."""
        self._flowing.clear()

    async def tear(self) -> None:
        """Let the first half of the server's next answer through, then close."""
        self._tearing = True

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._joined.add(task)
        try:
            if self._server is not None:  # else it was cut while this connection came in
                await self._join(reader, writer)
        except (asyncio.CancelledError, OSError):
            pass  # cut off: closing both ends is all there is to do
        finally:
            self._joined.discard(task)
            await _close(writer)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await self._dial()
        there = asyncio.create_task(self._pump(reader, far_writer, tears=False))
        back = asyncio.create_task(self._pump(far_reader, writer, tears=True))
        try:
            await asyncio.wait({there, back}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            far_writer.close()  # first: a cut may cancel what waits below
            there.cancel()
            back.cancel()
            await asyncio.gather(there, back, return_exceptions=True)
            await _close(far_writer)

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, tears: bool) -> None:
        while chunk := await reader.read(65536):
            await self._flowing.wait()
            if tears and self._tearing:
                writer.write(chunk[: len(chunk) // 2])
                await writer.drain()
                return
            writer.write(chunk)
            await writer.drain()


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with suppress(OSError):  # the other end may be gone already
        await writer.wait_closed()


@asynccontextmanager
async def faulty_wire(path: Path, dial: Dial) -> AsyncGenerator[FaultyWire]:
    """Open a wire at `path`, and cut it at the end."""
    wire = FaultyWire(path, dial)
    await wire.restore()
    try:
        yield wire
    finally:
        await wire.cut()
