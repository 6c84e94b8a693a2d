"""Which address is called next."""

from __future__ import annotations

from collections.abc import Sequence


class RoundRobin:
    """Gives each address its turn; one that failed rests for `rest` seconds."""

    def __init__(self, *, rest: float = 10.0) -> None:
        self._rest = rest
        self._turns: dict[str, int] = {}
        self._resting: dict[str, float] = {}

    def pick(self, service: str, addresses: Sequence[str], now: float) -> str | None:
        """Return the next one that is not resting; if all rest, the one whose rest ends first."""
        if not addresses:
            return None
        self._resting = {address: until for address, until in self._resting.items() if now < until}
        ready = [address for address in addresses if address not in self._resting]
        if not ready:
            return min(addresses, key=self._resting.__getitem__)
        turn = self._turns[service] = self._turns.get(service, -1) + 1
        return ready[turn % len(ready)]

    def failed(self, address: str, now: float) -> None:
        """Let it rest."""
        self._resting[address] = now + self._rest

    def succeeded(self, address: str) -> None:
        """End its rest."""
        self._resting.pop(address, None)
