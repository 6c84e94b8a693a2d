"""The exercise on what leaks out of an adapter."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

from infra_ref.workbench.exercises.linted import finds_nothing
from infra_ref.workbench.teaching.exercise import Check, Exercise, Wrong


async def can_be_read_later(kind: Any) -> None:
    """Check the names once the connection is closed."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE users (name TEXT)")
        connection.executemany("INSERT INTO users VALUES (?)", [("Cy",), ("Ada",), ("Bea",)])
        found = kind(connection).names()
    assert list(found) == ["Ada", "Bea", "Cy"]


LEAK = Exercise(
    id="anti_patterns/leak",
    title="Names, not rows",
    task="""
        Return the names, in order, as a list of str that can be read when the connection is closed.
    """,
    makes="NameRepository",
    frame="""
        class NameRepository:
            def __init__(self, connection):
                self.connection = connection

            def names(self):
                sql = "SELECT name FROM users ORDER BY name"
                ____
    """,
    blank="""
        return self.connection.execute(sql).fetchall()
    """,
    solution="""
        rows = self.connection.execute(sql)
        return [name for (name,) in rows]
    """,
    wrong=(
        Wrong(
            "the cursor",
            "return self.connection.execute(sql)",
            breaks=("DAMAGE",),
            feedback="A cursor dies with its connection. Take the names out of the rows here.",
        ),
        Wrong(
            "later",
            "return (name for (name,) in self.connection.execute(sql))",
            breaks=("DAMAGE",),
            feedback="A generator asks when it is read, and then the connection is closed. Make a list.",
        ),
    ),
    hints=("Take what is needed out of the rows while they can be read.", "Each row is a tuple of one."),
    notice="What leaves an adapter is an entity, a read model, or a plain value; never a row.",
    checks=(
        Check("DAMAGE", "plain names, readable when the connection is closed", can_be_read_later),
        Check("LINT", "the linter finds nothing in it", finds_nothing),
    ),
)
