"""The port of a database that takes plain functions to where its handle is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

R = TypeVar("R")
H_co = TypeVar("H_co", covariant=True)


class Database(Protocol[H_co]):
    """Runs work on a handle: a SQLAlchemy `Connection`, or tables in memory. `doing` is for errors.

    What the database refuses or cannot do is raised as Refused.
    """

    async def read(self, doing: str, work: Callable[[H_co], R]) -> R:
        """Return what `work` returns; it sees what is committed and changes nothing."""
        ...

    async def write(self, doing: str, work: Callable[[H_co], R]) -> R:
        """Return what `work` returns, all of it committed; on any exception nothing of it is."""
        ...
