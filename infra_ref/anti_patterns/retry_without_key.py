"""Retry without a key: the answer was lost, the money was not."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

UNIT = "of 9 customers were charged twice"

Charge = Callable[["BankApiClient", str], Awaitable[None]]


class BankApiClient:
    """A bank that carries out each charge under a key once, and whose answer to each third call gets lost."""

    def __init__(self) -> None:
        self.charges: list[str] = []
        self.answered: list[str] = []
        self._keys: set[str] = set()
        self._calls = 0

    async def post(self, path: str, data: str, headers: Mapping[str, str] | None = None) -> None:
        """Charge, unless the key is known. Raises TimeoutError for a lost answer."""
        key = (headers or {}).get("Idempotency-Key")
        if key is None or key not in self._keys:
            self.charges.append(data)
        self._keys |= {key} if key else set()
        self._calls += 1
        if self._calls % 3 == 0:
            raise TimeoutError(path)
        self.answered.append(data)


async def bad(http: BankApiClient, order: str) -> None:
    """Charge, and try again when no answer comes."""
    for attempt in range(3):
        try:
            await http.post("/charges", order)
            break
        except TimeoutError:
            if attempt == 2:
                raise


async def repaired(http: BankApiClient, order: str) -> None:
    """Charge, and try again under the same key when no answer comes."""
    for attempt in range(3):
        try:
            await http.post("/charges", order, headers={"Idempotency-Key": f"charge-{order}"})
            break
        except TimeoutError:
            if attempt == 2:
                raise


async def measure(charge: Charge) -> int:
    """Return how many of nine orders were charged more than once."""
    bank = BankApiClient()
    orders = [f"o{n}" for n in range(9)]
    for order in orders:
        await charge(bank, order)
    return sum(bank.charges.count(order) > 1 for order in orders)
