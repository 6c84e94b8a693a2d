"""Whether the stores answer. A registry of health checks takes this over once there is one.

The queue of events is not asked: while it is away, events wait in the outbox, and requests are served.
"""

from __future__ import annotations

import asyncio

from infra_ref.caching.port import CacheUnavailable
from infra_ref.factory.build import Infrastructure
from infra_ref.failures import Refused
from infra_ref.result import Err

SECONDS = 2.0
"""That a store gets to answer; an orchestrator asks every few seconds."""


async def readiness(infrastructure: Infrastructure) -> dict[str, str]:
    """Ask each store something small; return "pass" or "fail" for each."""

    async def repository() -> bool:
        return not isinstance(await infrastructure.shop.users.get_by_id("readiness"), Err)

    async def cache() -> bool:
        await infrastructure.cache.exists("readiness")
        return True

    checks = {"repository": repository, "cache": cache}
    answered = await asyncio.gather(*(_passes(check()) for check in checks.values()))
    return {name: "pass" if good else "fail" for name, good in zip(checks, answered, strict=True)}


async def _passes(check: object) -> bool:
    try:
        async with asyncio.timeout(SECONDS):
            return bool(await check)  # type: ignore[misc]
    except (CacheUnavailable, Refused, TimeoutError):
        return False
