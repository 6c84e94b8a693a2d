"""`MemoryTokenStore`: for one process, such as a test."""

from __future__ import annotations

from infra_ref.clock import Clock, SystemClock


class MemoryTokenStore:
    """A `TokenStore` in the memory of this process: lost at its end, unknown to others."""

    def __init__(self, *, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self._until: dict[str, float] = {}

    async def spend(self, token_id: str, *, seconds: float) -> bool:
        if self._remembers(name := f"spent {token_id}"):
            return False
        self._remember(name, seconds)
        return True

    async def revoke(self, session: str, *, seconds: float) -> None:
        self._remember(f"revoked {session}", seconds)

    async def is_revoked(self, session: str) -> bool:
        return self._remembers(f"revoked {session}")

    def _remembers(self, name: str) -> bool:
        return self._until.get(name, 0.0) > self._clock.monotonic()

    def _remember(self, name: str, seconds: float) -> None:
        now = self._clock.monotonic()
        self._until = {one: until for one, until in self._until.items() if until > now}
        self._until[name] = now + seconds
