"""The users that another company keeps, as the shop needs them."""

from __future__ import annotations

from typing import Protocol

from infra_ref.failures import Failure
from infra_ref.result import Result
from infra_ref.sample.user import User


class UserDirectory(Protocol):
    """Users that another company keeps behind an API of its own."""

    async def users(self) -> Result[tuple[User, ...], Failure]:
        """Return all of them, in the order of the API."""
        ...
