"""What the process uses: measured on this very process, its loop blocked and its pool in use."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import sqlalchemy as sa

from infra_ref.contract import run
from infra_ref.observability.memory_metrics import MemoryMetrics
from infra_ref.observability.psutil_resources import ResourceUse
from infra_ref.observability.testing.recording_logger import RecordingLogger


def gauge(metrics: MemoryMetrics, name: str) -> float:
    return next(iter(metrics.gauges[name].values())).last


def test_memory_and_open_files(tmp_path: Path) -> None:
    metrics = MemoryMetrics()
    use = ResourceUse(metrics, RecordingLogger())
    use.measure()
    before = gauge(metrics, "process_open_files")
    files = [(tmp_path / f"{number}").open("w") for number in range(20)]
    held = bytearray(b"x" * 64_000_000)
    use.measure()
    for file in files:
        file.close()
    assert gauge(metrics, "process_open_files") == before + 20
    assert gauge(metrics, "process_memory_bytes") > len(held)


def test_a_blocked_event_loop_shows_as_lag() -> None:
    async def check() -> tuple[float, float]:
        metrics = MemoryMetrics()
        task = asyncio.create_task(ResourceUse(metrics, RecordingLogger()).run(every=0.3))
        await asyncio.sleep(0.05)
        time.sleep(1.2)  # noqa: ASYNC251  it is what is to be seen
        await asyncio.sleep(0.2)
        lag, memory = gauge(metrics, "event_loop_lag_seconds"), gauge(metrics, "process_memory_bytes")
        task.cancel()
        await asyncio.wait({task})
        return lag, memory

    lag, memory = run(check())
    assert lag > 1
    assert memory > 0


def test_a_pool_shows_what_is_in_use_and_one_that_fails_stops_no_other() -> None:
    metrics, logger = MemoryMetrics(), RecordingLogger()
    engine = sa.create_engine("sqlite://", poolclass=sa.QueuePool, pool_size=5)
    pool = engine.pool
    assert isinstance(pool, sa.QueuePool)

    def gone() -> tuple[int, int]:
        raise ConnectionError("redis://:swordfish@cache.test is away")

    use = ResourceUse(metrics, logger, pools={"gone": gone, "shop": lambda: (pool.checkedout(), pool.size())})
    with engine.connect(), engine.connect():
        use.measure()
    engine.dispose()
    assert gauge(metrics, "pool_connections_used") == 2
    assert gauge(metrics, "pool_connections_size") == 5
    (record,) = logger.records
    assert (record.fields["pool"], "swordfish" in str(record)) == ("gone", False)
