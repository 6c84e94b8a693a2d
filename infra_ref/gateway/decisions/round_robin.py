"""Whose turn it is."""

from __future__ import annotations

from collections.abc import Sequence


class RoundRobin:
    """Gives each address its turn, and those that failed a rest of `rest` seconds."""

    def __init__(self, *, rest: float = 10.0) -> None:
        self._rest = rest
        self._turns: dict[str, int] = {}
        self._ill: dict[str, float] = {}

    def pick(self, service: str, addresses: Sequence[str], now: float) -> str | None:
        """Return the next one that is not resting; if all rest, the one that is well again first."""
        if not addresses:
            return None
        self._ill = {address: until for address, until in self._ill.items() if now < until}
        well = [address for address in addresses if address not in self._ill]
        if not well:
            return min(addresses, key=self._ill.__getitem__)
        turn = self._turns[service] = self._turns.get(service, -1) + 1
        return well[turn % len(well)]

    def failed(self, address: str, now: float) -> None:
        """Let it rest."""
        self._ill[address] = now + self._rest

    def succeeded(self, address: str) -> None:
        """End its rest."""
        self._ill.pop(address, None)
