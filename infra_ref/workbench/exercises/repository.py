"""The exercises of the notebook on repositories, in its order."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from typing import Any

from infra_ref.repository.contracts.parcels import PARCEL, Parcel, ParcelContract
from infra_ref.repository.memory_queryable_repository import MemoryQueryableRepository
from infra_ref.repository.memory_repository import MemoryRepository
from infra_ref.repository.query_port import Query, asc
from infra_ref.workbench.teaching.exercise import Check, Exercise, Wrong


class RowsInADict(MemoryRepository[Parcel, str]):
    """A repository of parcels whose `rows` are a dict of parcels by key, for an `update` to be written."""

    def __init__(self) -> None:
        super().__init__(PARCEL)

    @property
    def rows(self) -> Any:
        """The stored parcels themselves: what is in here is stored."""
        return self._database.tables[Parcel]

    async def update(self, entity: Parcel) -> Any:
        """To be written."""
        raise NotImplementedError("write `update`")


LOST_UPDATE = Exercise(
    id="repository/lost-update",
    title="The second one is refused",
    task="""
        `self.rows` is a dict of parcels by key. This `update` overwrites whatever is there.
        Repair it: a row that is not there is `Err(Missing(key))`; a row whose `version` is
        not the one that the parcel was read as is `Err(Conflict(key, expected, actual))`;
        what is stored has the next version, and `Ok` of it is returned.
    """,
    makes="MyParcels",
    given="""
        from copy import deepcopy
        from dataclasses import replace
        from infra_ref.repository.errors import Conflict, Missing
        from infra_ref.result import Err, Ok
        from infra_ref.workbench.exercises.repository import RowsInADict
    """,
    frame="""
        class MyParcels(RowsInADict):
            async def update(self, parcel):
                ____
    """,
    blank="""
        self.rows[parcel.id] = deepcopy(parcel)
        return Ok(deepcopy(parcel))
    """,
    solution="""
        if parcel.id not in self.rows:
            return Err(Missing(parcel.id))
        actual = self.rows[parcel.id].version
        if parcel.version != actual:
            return Err(Conflict(parcel.id, parcel.version, actual))
        stored = replace(deepcopy(parcel), version=actual + 1)
        self.rows[parcel.id] = stored
        return Ok(deepcopy(stored))
    """,
    wrong=(
        Wrong(
            "no version is looked at",
            """
            if parcel.id not in self.rows:
                return Err(Missing(parcel.id))
            stored = replace(deepcopy(parcel), version=parcel.version + 1)
            self.rows[parcel.id] = stored
            return Ok(deepcopy(stored))
            """,
            breaks=("REPO-09", "REPO-20"),
            feedback="The last writer wins, and nobody notices. Compare `parcel.version` first.",
        ),
        Wrong(
            "only an older version is refused",
            """
            if parcel.id not in self.rows:
                return Err(Missing(parcel.id))
            actual = self.rows[parcel.id].version
            if parcel.version < actual:
                return Err(Conflict(parcel.id, parcel.version, actual))
            self.rows[parcel.id] = deepcopy(parcel)
            return Ok(deepcopy(parcel))
            """,
            breaks=("REPO-07", "REPO-09", "REPO-20"),
            feedback="The stored version never changes, so no update is ever too old. Store `actual + 1`.",
        ),
        Wrong(
            "it looks after it has written",
            """
            if parcel.id not in self.rows:
                return Err(Missing(parcel.id))
            actual = self.rows[parcel.id].version
            stored = replace(deepcopy(parcel), version=actual + 1)
            self.rows[parcel.id] = stored
            if parcel.version != actual:
                return Err(Conflict(parcel.id, parcel.version, actual))
            return Ok(deepcopy(stored))
            """,
            breaks=("REPO-09", "REPO-20"),
            feedback="The second one gets a Conflict, and has overwritten the row anyway. Compare first.",
        ),
    ),
    hints=(
        "Three things can be true of the row: it is not there, it has another version, it has this one.",
        "`self.rows[parcel.id].version` is the actual version, `parcel.version` the expected one.",
        "`replace(deepcopy(parcel), version=actual + 1)` is what to store; return a second copy of it.",
    ),
    notice="No lock was taken. A reader may think for an hour; only the write asks whether it is too late.",
    contract=ParcelContract,
    only=("REPO-07", "REPO-08", "REPO-09", "REPO-20"),
)


async def _finds_what_the_plain_does_not(attempt: Any) -> None:
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE parcels (id TEXT, price REAL)")
    connection.executemany("INSERT INTO parcels VALUES (?, ?)", [("a", 1.0), ("b", 9.0), ("c", None)])
    for comparison in ("price > 5", "price = 1", "price IS NULL"):
        found, rest = (
            {key for (key,) in connection.execute(f"SELECT id FROM parcels WHERE {condition}")}
            for condition in (comparison, attempt(comparison))
        )
        assert rest == {"a", "b", "c"} - found, comparison
    connection.close()


NEGATION = Exercise(
    id="repository/negation",
    title="The opposite, in SQL",
    task="""
        In SQL a comparison with NULL is neither true nor false, and neither is its NOT. Write the
        condition that finds exactly the rows that `comparison` does not find.
    """,
    makes="opposite",
    frame='''
        def opposite(comparison: str) -> str:
            """Return the SQL condition that is true where `comparison` is not."""
            ____
    ''',
    blank='return f"NOT ({comparison})"',
    solution='return f"({comparison}) IS NOT TRUE"',
    wrong=(
        Wrong(
            "the row without a price is added by hand",
            'return f"NOT ({comparison}) OR price IS NULL"',
            breaks=("NOT-01",),
            feedback="""
                That is right for `price > 5`. The opposite of `price IS NULL` it makes true for every row.
                What is the value of a comparison that is unknown, and what asks for it?
            """,
        ),
        Wrong(
            "NULL is compared",
            'return f"({comparison}) = FALSE"',
            breaks=("NOT-01",),
            feedback="`NULL = FALSE` is unknown once more. `=` never answers about NULL; `IS` does.",
        ),
    ),
    hints=(
        "A comparison has three outcomes in SQL. Two of them must become true.",
        "`x IS TRUE` is true or false, never unknown.",
    ),
    notice="""
        `infra_ref.repository.sqlalchemy_specification` writes `price IS NULL OR price <= 5` instead:
        the same rows, and PostgreSQL can use an index on `price` for it.
    """,
    checks=(Check("NOT-01", "finds exactly what the comparison does not", _finds_what_the_plain_does_not),),
)


async def _gives_every_row_once(attempt: Any) -> None:
    rows = [Parcel(f"{n}", weight=weight) for n, weight in enumerate([5, 1, 5, 3, 5, 1])]
    parcels: MemoryQueryableRepository[Parcel, str] = MemoryQueryableRepository(PARCEL)
    (await parcels.create_many(rows)).unwrap()
    seen: list[str] = []
    query = Query(order=(asc("weight"),), limit=2)
    part = (await parcels.query(query)).unwrap()
    while part and len(seen) < 20:
        seen += [parcel.id for parcel in part]
        behind = attempt(part[-1].weight, part[-1].id)
        part = (await parcels.query(replace(query, where=behind))).unwrap()
    assert seen == ["1", "5", "3", "0", "2", "4"]


BEHIND = Exercise(
    id="repository/window",
    title="What comes after",
    task="""
        Rows are sorted by weight, and by id where weights are equal. Write the specification of
        all rows that come after the row with this weight and this id. A cursor needs no more.
    """,
    makes="behind",
    given="from infra_ref.repository.specification_port import where",
    frame='''
        def behind(weight, id):
            """Return what the rows after (weight, id) satisfy."""
            ____
    ''',
    blank='return where("weight") > weight',
    solution="""
        heavier = where("weight") > weight
        same = where("weight") == weight
        return heavier | (same & (where("id") > id))
    """,
    wrong=(
        Wrong(
            "the equal ones come again",
            'return where("weight") >= weight',
            breaks=("WINDOW-01",),
            feedback="Among equal weights nothing says how far we were. The id does.",
        ),
        Wrong(
            "both must be greater",
            'return (where("weight") > weight) & (where("id") > id)',
            breaks=("WINDOW-01",),
            feedback="A heavier row comes after this one, whatever its id. The id decides among equals.",
        ),
    ),
    hints=(
        "Words in a dictionary: the first letter decides, and the second only among equals.",
        "Heavier; or equally heavy, and with a greater id.",
    ),
    notice="""
        The cursor of `query_window` is built in the same way, for any order, from the same specifications.
        So memory and SQL need no code of their own for it.
    """,
    checks=(Check("WINDOW-01", "every row comes once, in order, two by two", _gives_every_row_once),),
)
