"""What a repository must prove. `make` gives one of `Parcel`, empty, whose `label` is unique.

    PARCEL = Schema(Parcel, unique=("label",))

`query_contract` adds what `SpecificationRepository` and `QueryableRepository`
promise on top.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from infra_ref.contract import Contract, raised, rule, tool
from infra_ref.failures import Refused
from infra_ref.repository.errors import BadInput, Conflict, Duplicate, Missing, NoKey, Unavailable, WrongType
from infra_ref.repository.port import Repository
from infra_ref.repository.schema import Schema
from infra_ref.result import Err, Ok


@dataclass
class Item:
    """A thing in a parcel."""

    name: str
    grams: int


@dataclass
class Parcel:
    """An entity with a field of every kind."""

    id: str
    owner: str = "ada"
    weight: int = 0
    price: float | None = None
    note: str | None = None
    label: str | None = None
    fragile: bool = False
    sent_at: datetime | None = None
    items: list[Item] = field(default_factory=list)
    version: int = 0


PARCEL = Schema(Parcel, unique=("label",))

NOON = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
MANY = 10_000


def full(key: str, **changes: Any) -> Parcel:
    """Return a parcel with a value in every field."""
    items = [Item("lens", 12), Item("case", 80), Item("lens", 12)]
    parcel = Parcel(key, "ada", 7, 2.5, "hold", f"label of {key}", True, NOON, items)
    return replace(parcel, **changes)


class RepositoryContract(Contract):
    """The rules of `Repository`."""

    port = Repository
    statements: Any = tool("a count of the statements that its store was sent so far")
    unreachable: Any = tool("the same repository, of a store that does not answer")

    @rule("REPO-01", "what was created comes back by its key, equal in every field, as version 1")
    async def creates(self, parcels: Repository[Parcel, str]) -> None:
        given = full("a")
        assert await parcels.create(given) == Ok(replace(given, version=1))
        assert await parcels.get_by_id("a") == Ok(replace(given, version=1))

    @rule("REPO-02", "a key that is not there is Ok(None), and does not exist")
    async def knows_what_is_not_there(self, parcels: Repository[Parcel, str]) -> None:
        await stored(parcels, Parcel("a"))
        assert await parcels.get_by_id("b") == Ok(None)
        assert [await parcels.exists(key) for key in ("a", "b")] == [True, False]

    @rule("REPO-03", "get_all gives every entity once, by key")
    async def gets_all(self, parcels: Repository[Parcel, str]) -> None:
        await stored(parcels, Parcel("b"), Parcel("a"), Parcel("C"))
        assert keys(await parcels.get_all()) == ["C", "a", "b"]

    @rule("REPO-04", "changing what was given or what was got changes nothing stored")
    async def does_not_alias(self, parcels: Repository[Parcel, str]) -> None:
        given = full("a")
        returned = (await parcels.create(given)).unwrap()
        got = found(await parcels.get_by_id("a"))
        for mine in (given, returned, got):
            mine.owner = "eve"
            mine.items.append(Item("brick", 900))
            mine.items[0].grams = 1
        assert await parcels.get_by_id("a") == Ok(full("a", version=1))

    @rule("REPO-05", "a key that is taken is refused as Duplicate, and the row stays as it was")
    async def refuses_a_taken_key(self, parcels: Repository[Parcel, str]) -> None:
        await stored(parcels, Parcel("a", owner="ada"))
        assert await parcels.create(Parcel("a", owner="eve")) == Err(Duplicate("a", "id"))
        assert found(await parcels.get_by_id("a")).owner == "ada"

    @rule(
        "REPO-06",
        "a taken value of a unique field is refused as Duplicate of that field, None is never taken",
    )
    async def refuses_a_taken_value(self, parcels: Repository[Parcel, str]) -> None:
        await stored(parcels, Parcel("a", label="x"), Parcel("b"), Parcel("c"))
        assert await parcels.create(Parcel("d", label="x")) == Err(Duplicate("d", "label"))
        b = found(await parcels.get_by_id("b"))
        assert await parcels.update(replace(b, label="x")) == Err(Duplicate("b", "label"))

    @rule("REPO-07", "an update stores the new values and counts the version up")
    async def updates(self, parcels: Repository[Parcel, str]) -> None:
        a, _ = await stored(parcels, full("a"), full("b"))
        changed = replace(a, owner="bob", note=None, weight=-1, sent_at=None, version=2)
        assert await parcels.update(replace(changed, version=1)) == Ok(changed)
        assert await parcels.get_by_id("a") == Ok(changed)
        assert await parcels.get_by_id("b") == Ok(full("b", version=1))

    @rule("REPO-08", "an update or removal of a row that is not there is refused as Missing")
    async def refuses_the_missing(self, parcels: Repository[Parcel, str]) -> None:
        assert await parcels.update(Parcel("a", version=1)) == Err(Missing("a"))
        assert await parcels.delete("a") == Err(Missing("a"))

    @rule("REPO-09", "an update of an older version is refused as Conflict, and nothing of it is written")
    async def refuses_a_stale_update(self, parcels: Repository[Parcel, str]) -> None:
        (a,) = await stored(parcels, full("a"))
        won = (await parcels.update(replace(a, owner="bob"))).unwrap()
        lost = replace(a, owner="eve", items=[])
        assert await parcels.update(lost) == Err(Conflict("a", expected=1, actual=2))
        assert await parcels.get_by_id("a") == Ok(won)

    @rule("REPO-10", "a removed entity is gone, and its key is free")
    async def deletes(self, parcels: Repository[Parcel, str]) -> None:
        await stored(parcels, full("a"), Parcel("b"))
        assert await parcels.delete("a", version=1) == Ok(None)
        assert keys(await parcels.get_all()) == ["b"]
        (await parcels.create(full("a"))).unwrap()
        assert await parcels.get_by_id("a") == Ok(full("a", version=1))

    @rule("REPO-11", "a removal of an older version is refused as Conflict, and the row stays")
    async def refuses_a_stale_delete(self, parcels: Repository[Parcel, str]) -> None:
        (a,) = await stored(parcels, Parcel("a"))
        await parcels.update(replace(a, owner="bob"))
        assert await parcels.delete("a", version=1) == Err(Conflict("a", expected=1, actual=2))
        assert await parcels.exists("a")

    @rule("REPO-12", "many of nothing is Ok and does nothing")
    async def accepts_nothing(self, parcels: Repository[Parcel, str]) -> None:
        await stored(parcels, Parcel("a"))
        assert await parcels.create_many([]) == Ok([])
        assert await parcels.update_many([]) == Ok([])
        assert await parcels.delete_many([]) == Ok(0)
        assert keys(await parcels.get_all()) == ["a"]

    @rule("REPO-13", "create_many stores all, or none if one is refused, and names that one")
    async def creates_all_or_none(self, parcels: Repository[Parcel, str]) -> None:
        await stored(parcels, Parcel("c", label="x"))
        taken_key = await parcels.create_many([full("a"), full("b"), Parcel("c"), full("d")])
        assert taken_key == Err(Duplicate("c", "id"))
        assert await parcels.create_many([full("a"), Parcel("b", label="x")]) == Err(Duplicate("b", "label"))
        assert await parcels.create_many([full("a"), full("a")]) == Err(Duplicate("a", "id"))
        assert keys(await parcels.get_all()) == ["c"]
        made = (await parcels.create_many([full("a"), full("b")])).unwrap()
        assert made == [full("a", version=1), full("b", version=1)]

    @rule("REPO-14", "update_many stores all, or none if one is missing or stale, and names that one")
    async def updates_all_or_none(self, parcels: Repository[Parcel, str]) -> None:
        a, b = await stored(parcels, Parcel("a"), Parcel("b"))
        newer = (await parcels.update(b)).unwrap()
        changed = replace(a, owner="bob")
        stale = await parcels.update_many([changed, replace(b, owner="bob")])
        assert stale == Err(Conflict("b", expected=1, actual=2))
        assert await parcels.update_many([changed, Parcel("x", version=1)]) == Err(Missing("x"))
        assert await parcels.update_many([changed, a]) == Err(Conflict("a", expected=1, actual=2))
        assert found(await parcels.get_by_id("a")) == a
        assert len((await parcels.update_many([changed, newer])).unwrap()) == 2
        assert [p.version for p in (await parcels.get_all()).unwrap()] == [2, 3]

    @rule("REPO-15", "delete_many removes all, or none if one is missing or stale, and names that one")
    async def deletes_all_or_none(self, parcels: Repository[Parcel, str]) -> None:
        await stored(parcels, full("a"), full("b"), full("c"))
        assert await parcels.delete_many(["a", "x"]) == Err(Missing("x"))
        assert await parcels.delete_many({"a": 1, "b": 7}) == Err(Conflict("b", expected=7, actual=1))
        assert keys(await parcels.get_all()) == ["a", "b", "c"]
        assert await parcels.delete_many({"a": 1, "b": None}) == Ok(2)
        assert keys(await parcels.get_all()) == ["c"]

    @rule("REPO-16", "ten thousand rows go in batches: a hundred statements at the most", needs="statements")
    async def works_in_batches(self, parcels: Repository[Parcel, str], statements: Callable[[], int]) -> None:
        many = [Parcel(f"{n:05}") for n in range(MANY)]
        for work in (parcels.create_many, parcels.update_many):
            before = statements()
            many = (await work(many)).unwrap()
            assert 0 < statements() - before <= 100
        before = statements()
        assert await parcels.delete_many(p.id for p in many) == Ok(MANY)
        assert 0 < statements() - before <= 100

    @rule(
        "REPO-17", "an aggregate is stored whole, its list in order, and an update leaves nothing of the old"
    )
    async def keeps_aggregates_whole(self, parcels: Repository[Parcel, str]) -> None:
        a, b = await stored(parcels, full("a"), full("b"))
        a.items = [Item("case", 80), Item("bag", 5)]
        b.items = []
        assert (await parcels.update_many([a, b])).unwrap()[0].items == a.items
        assert [p.items for p in (await parcels.get_all()).unwrap()] == [a.items, []]
        await parcels.delete("a")
        await stored(parcels, Parcel("a"))
        assert found(await parcels.get_by_id("a")).items == []

    @rule("REPO-18", "values come back as they were: unicode, quotes, empty text, the extremes of each kind")
    async def keeps_values(self, parcels: Repository[Parcel, str]) -> None:
        east = NOON.astimezone(timezone(timedelta(hours=5, minutes=45)))
        odd = [
            full("'; DROP TABLE x; --", note="", owner='"\\%_\t\n\u0301é😀\U0010ffff'),
            full("b", weight=2**63 - 1, price=-0.1, sent_at=east),
            full(
                "c", weight=-(2**63), price=1.7976931348623157e308, sent_at=datetime.min.replace(tzinfo=UTC)
            ),
            full("d", price=math.inf, sent_at=datetime.max.replace(tzinfo=UTC), note="x" * 100_000),
        ]
        await stored(parcels, *odd)
        for parcel in odd:
            assert await parcels.get_by_id(parcel.id) == Ok(replace(parcel, version=1))
        for moment in (p.sent_at for p in (await parcels.get_all()).unwrap()):
            assert moment is not None and moment.utcoffset() is not None

    @rule("REPO-19", "an entity that cannot be stored is a BadInput before anything is written")
    async def refuses_bad_entities(self, parcels: Repository[Parcel, str]) -> None:
        anything: Any = object
        bad: list[tuple[type[BadInput], Parcel]] = [
            (NoKey, Parcel("")),
            (WrongType, full("a", weight="7")),
            (WrongType, full("a", weight=True)),
            (WrongType, full("a", weight=2**63)),
            (WrongType, full("a", price=math.nan)),
            (WrongType, full("a", owner=None)),
            (WrongType, full("a", note="\0")),
            (WrongType, full("a", note="\ud800")),
            (WrongType, full("a", sent_at=datetime(2026, 1, 1))),  # has no zone, and should
            (WrongType, full("a", items=[Item("x", anything)])),
        ]
        for kind, parcel in bad:
            with raised(kind):
                await parcels.create_many([Parcel("good"), parcel])
        assert await parcels.get_all() == Ok([])

    @rule("REPO-20", "of ten that update one version at once, one wins, nine get Conflict")
    async def has_one_winner(self, parcels: Repository[Parcel, str]) -> None:
        (a,) = await stored(parcels, Parcel("a"))
        owners = [replace(a, owner=f"{n}") for n in range(10)]
        results = await asyncio.gather(*(parcels.update(parcel) for parcel in owners))
        won = [result.value for result in results if isinstance(result, Ok)]
        lost = [result.error for result in results if isinstance(result, Err)]
        assert won == [found(await parcels.get_by_id("a"))]
        assert {type(error).__name__ for error in lost} == {"Conflict"}

    @rule(
        "REPO-21", "a store that does not answer is Unavailable with its cause, and tells nobody any values"
    )
    async def tells_an_outage(
        self, parcels: Repository[Parcel, str], unreachable: Repository[Parcel, str]
    ) -> None:
        seen: list[Any] = [
            await unreachable.get_by_id("secret"),
            await unreachable.create(Parcel("secret")),
            await unreachable.delete("secret"),
        ]
        with raised(Refused) as refused:
            await unreachable.exists("secret")
        for refusal in (*(result.error for result in seen), refused[0].failure):
            assert isinstance(refusal, Unavailable)
            assert refusal.retryable and refusal.cause is not None
            assert "secret" not in repr(refusal) and "SELECT" not in repr(refusal).upper().split()

    @rule("REPO-22", "a key or a version of the wrong type is a BadInput, not a miss")
    async def refuses_wrong_types(self, parcels: Repository[Parcel, str]) -> None:
        seven: Any = 7
        half: Any = 0.5
        for ask in (
            lambda: parcels.get_by_id(seven),
            lambda: parcels.delete_many([seven]),
            lambda: parcels.delete_many({"a": half}),
        ):
            with raised(WrongType):
                await ask()

    @rule("REPO-23", "a list of keys may be longer than a store takes at once")
    async def takes_long_lists(self, parcels: Repository[Parcel, str]) -> None:
        many = [f"{n:05}" for n in range(40_000)]
        assert await parcels.delete_many(many) == Err(Missing("00000"))


async def stored(parcels: Repository[Parcel, str], *given: Parcel) -> list[Parcel]:
    """Store them, for a rule to begin with."""
    return (await parcels.create_many(given)).unwrap()


def keys(result: Any) -> list[str]:
    """Return the keys of a result's entities."""
    rows: Iterable[Parcel] = result.unwrap()
    return [parcel.id for parcel in rows]


def found(result: Any) -> Any:
    """Return the entity of a result, which must be there."""
    entity = result.unwrap()
    assert entity is not None
    return entity
