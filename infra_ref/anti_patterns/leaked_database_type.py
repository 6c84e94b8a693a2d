"""A leaked database type: what was returned can be read only while the connection is open."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from typing import Any

UNIT = "of 3 names could not be read"

Names = Callable[[sqlite3.Connection], Iterable[Any]]


class CursorRepository:
    """Reads the shop's customers, and hands on what the driver gave."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def names(self) -> sqlite3.Cursor:
        """Return the names."""
        return self.connection.execute("SELECT name FROM users ORDER BY name")


class NameRepository:
    """Reads the shop's customers."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def names(self) -> list[tuple[str]]:
        """Return the names, each in a tuple of its own."""
        rows = self.connection.execute("SELECT name FROM users ORDER BY name")
        return [(str(name),) for (name,) in rows]


def bad(connection: sqlite3.Connection) -> Iterable[Any]:
    """Return the names as the driver holds them."""
    return CursorRepository(connection).names()


def repaired(connection: sqlite3.Connection) -> Iterable[Any]:
    """Return the names."""
    return NameRepository(connection).names()


async def measure(names: Names) -> int:
    """Return how many of three names a page cannot show once the connection went back to its pool."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE users (name TEXT)")
        connection.executemany("INSERT INTO users VALUES (?)", [("Ada",), ("Bea",), ("Cy",)])
        found = names(connection)
    try:
        return 3 - len(list(found))
    except sqlite3.ProgrammingError:
        return 3
