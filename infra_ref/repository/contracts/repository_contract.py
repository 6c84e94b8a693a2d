"""What a repository must prove, whatever entity it is of.

    class TestInvoices(RepositoryContract):
        samples = (Invoice("2026-1", "Ada"), Invoice("2026-2", "Bob"), Invoice("2026-3", "Eve"))
        key = "number"
        lacks = {"many": "invoices are written one by one"}

        def change(self, invoice):
            return replace(invoice, paid=True)

        def make(self):
            return InvoiceRepository()

The other names below are fields and tools that only some entities and stores
have; the rules that ask for one are exempt without it. Entities must be equal by
value. `query_contract` has the rules of specifications and queries.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from infra_ref.contract import Rule, raised, rule
from infra_ref.failures import Refused
from infra_ref.repository.contracts.entities import has, names_of, spoil, varied
from infra_ref.repository.contracts.many_rules import ManyRules
from infra_ref.repository.errors import BadInput, Conflict, Duplicate, Missing, NoKey, Unavailable, WrongType
from infra_ref.repository.port import Repository
from infra_ref.result import Err, Ok

Entities = Repository[Any, Any]

EAST = timezone(timedelta(hours=5, minutes=45))
ODD: dict[type, tuple[Any, ...]] = {
    str: ("", "'; DROP TABLE x; --\"\\%_\t\n\u0301é😀\U0010ffff", "x" * 100_000),
    int: (2**63 - 1, -(2**63)),
    float: (-0.1, 1.7976931348623157e308, math.inf),
    datetime: (
        datetime(2026, 3, 1, 12, 0, 0, 123456, EAST),
        datetime.min.replace(tzinfo=UTC),
        datetime.max.replace(tzinfo=UTC),
    ),
}
INVALID: dict[type, tuple[Any, ...]] = {
    str: (7, "\0", "\ud800"),
    int: ("7", True, 2**63),
    float: ("7", math.nan),
    datetime: ("7", datetime(2026, 1, 1)),  # has no zone, and should
}


class RepositoryContract(ManyRules):
    """The rules of `Repository`."""

    port = Repository

    @rule("REPO-01", "what was created comes back by its key, equal in every field, as version 1")
    async def creates(self, entities: Entities) -> None:
        a, *_ = self.three()
        assert await entities.create(a) == Ok(self.as_version(a, 1))
        assert await entities.get_by_id(self.key_of(a)) == Ok(self.as_version(a, 1))

    @rule("REPO-02", "a key that is not there is Ok(None), and does not exist")
    async def knows_what_is_not_there(self, entities: Entities) -> None:
        a, b, _ = self.three()
        (await entities.create(a)).unwrap()
        assert await entities.get_by_id(self.key_of(b)) == Ok(None)
        assert [await entities.exists(self.key_of(one)) for one in (a, b)] == [True, False]

    @rule("REPO-03", "get_all gives every entity once, by key")
    async def gets_all(self, entities: Entities) -> None:
        stored = await self.stored(entities)
        assert await entities.get_all() == Ok(sorted(stored, key=self.key_of))

    @rule("REPO-04", "changing what was given or what was got changes nothing stored")
    async def does_not_alias(self, entities: Entities) -> None:
        a, key = self.three()[0], self.key_of(self.three()[0])
        returned = (await entities.create(a)).unwrap()
        for mine in (a, returned, (await entities.get_by_id(key)).unwrap()):
            spoil(mine)
        assert await entities.get_by_id(key) == Ok(self.as_version(self.three()[0], 1))

    @rule("REPO-05", "a key that is taken is refused as Duplicate, and the row stays as it was")
    async def refuses_a_taken_key(self, entities: Entities) -> None:
        a, *_ = await self.stored(entities)
        refused = await entities.create(self.change(self.three()[0]))
        assert refused == Err(Duplicate(self.key_of(a), self.key))
        assert await entities.get_by_id(self.key_of(a)) == Ok(a)

    @rule(
        "REPO-06",
        "a taken value of a unique field is refused as Duplicate of that field, None is never taken",
    )
    async def refuses_a_taken_value(self, entities: Entities, unique: str) -> None:
        a, b, c = sorted(self.three(), key=lambda one: getattr(one, unique) is None)
        (await entities.create(a)).unwrap()
        taken, key = {unique: getattr(a, unique)}, self.key_of(b)
        assert await entities.create(varied(b, **taken)) == Err(Duplicate(key, unique))
        for one in (b, c):
            (await entities.create(one)).unwrap()
        b = self.as_version(b, 1)
        assert await entities.update(varied(b, **taken)) == Err(Duplicate(key, unique))

    @rule("REPO-07", "an update stores the new values and counts the version up")
    async def updates(self, entities: Entities) -> None:
        a, b, _ = await self.stored(entities)
        changed = self.as_version(self.change(a), 2)
        assert await entities.update(self.change(a)) == Ok(changed)
        assert await entities.get_by_id(self.key_of(a)) == Ok(changed)
        assert await entities.get_by_id(self.key_of(b)) == Ok(b)

    @rule("REPO-08", "an update or removal of a row that is not there is refused as Missing")
    async def refuses_the_missing(self, entities: Entities) -> None:
        a = self.as_version(self.three()[0], 1)
        assert await entities.update(a) == Err(Missing(self.key_of(a)))
        assert await entities.delete(self.key_of(a)) == Err(Missing(self.key_of(a)))

    @rule("REPO-09", "an update of an older version is refused as Conflict, and nothing of it is written")
    async def refuses_a_stale_update(self, entities: Entities, version: str) -> None:
        a, *_ = await self.stored(entities)
        won = (await entities.update(self.change(a))).unwrap()
        lost = varied(a, **({self.children: []} if has(self.children) else {}))
        assert await entities.update(lost) == Err(Conflict(self.key_of(a), expected=1, actual=2))
        assert await entities.get_by_id(self.key_of(a)) == Ok(won)

    @rule("REPO-10", "a removed entity is gone, and its key is free")
    async def deletes(self, entities: Entities) -> None:
        a, b, c = await self.stored(entities)
        removed = await entities.delete(self.key_of(a), **({"version": 1} if has(self.version) else {}))
        assert removed == Ok(None)
        assert self.keys(await entities.get_all()) == self.keys(Ok([b, c]))
        (await entities.create(self.three()[0])).unwrap()
        assert await entities.get_by_id(self.key_of(a)) == Ok(a)

    @rule("REPO-11", "a removal of an older version is refused as Conflict, and the row stays")
    async def refuses_a_stale_delete(self, entities: Entities, version: str) -> None:
        a, *_ = await self.stored(entities)
        (await entities.update(self.change(a))).unwrap()
        refused = await entities.delete(self.key_of(a), version=1)
        assert refused == Err(Conflict(self.key_of(a), expected=1, actual=2))
        assert await entities.exists(self.key_of(a))

    @rule(
        "REPO-17", "an aggregate is stored whole, its list in order, and an update leaves nothing of the old"
    )
    async def keeps_aggregates_whole(self, entities: Entities, children: str) -> None:
        a, b, _ = await self.stored(entities)
        shorter = (await entities.update(varied(a, **{children: getattr(a, children)[1:]}))).unwrap()
        emptied = (await entities.update(varied(b, **{children: getattr(b, children)[:0]}))).unwrap()
        assert getattr(shorter, children) == getattr(a, children)[1:]
        assert await entities.get_by_id(self.key_of(a)) == Ok(shorter)
        assert await entities.get_by_id(self.key_of(b)) == Ok(emptied)

    @rule("REPO-18", "values come back as they were: unicode, quotes, empty text, the extremes of each kind")
    async def keeps_values(self, entities: Entities, fields: Mapping[type, str]) -> None:
        for place, one in enumerate(self.three()):
            odd = varied(one, **{name: ODD[kind][place % len(ODD[kind])] for kind, name in fields.items()})
            (await entities.create(odd)).unwrap()
            got = (await entities.get_by_id(self.key_of(odd))).unwrap()
            assert got == self.as_version(odd, 1)
            assert datetime not in fields or getattr(got, fields[datetime]).utcoffset() is not None

    @rule("REPO-19", "an entity that cannot be stored is a BadInput before anything is written", full=True)
    async def refuses_bad_entities(self, entities: Entities, fields: Mapping[type, str]) -> None:
        a, b, _ = self.three()
        in_many = hasattr(entities, "create_many")
        invalid = [{name: value} for kind, name in fields.items() for value in INVALID[kind]]
        bad: list[tuple[type[BadInput], Any]] = [(WrongType, varied(b, **one)) for one in invalid]
        if isinstance(self.key_of(b), str):
            bad.append((NoKey, varied(b, **{self.key: ""})))
        if has(self.children):
            first, *others = getattr(b, self.children)
            wrong = varied(first, **dict.fromkeys(names_of(first), object()))
            bad.append((WrongType, varied(b, **{self.children: [wrong, *others]})))
        for kind, one in bad:
            with raised(kind, f"create {one!r}"):
                await (entities.create_many([a, one]) if in_many else entities.create(one))
        assert await entities.get_all() == Ok([])

    @rule("REPO-20", "of ten that update one version at once, one wins, nine get Conflict")
    async def has_one_winner(self, entities: Entities, version: str) -> None:
        a, *_ = await self.stored(entities)
        changed = [self.change(a) for _ in range(10)]
        results = await asyncio.gather(*(entities.update(one) for one in changed))
        won = [result.value for result in results if isinstance(result, Ok)]
        lost = [result.error for result in results if isinstance(result, Err)]
        assert Ok(won[0]) == await entities.get_by_id(self.key_of(a))
        assert [type(error).__name__ for error in lost] == ["Conflict"] * 9

    @rule(
        "REPO-21", "a store that does not answer is Unavailable with its cause, and tells nobody any values"
    )
    async def tells_an_outage(self, entities: Entities, unreachable: Entities) -> None:
        a, *_ = self.three()
        secret = varied(a, **({self.key: "secret"} if isinstance(self.key_of(a), str) else {}))
        seen: list[Any] = [
            await unreachable.get_by_id(self.key_of(secret)),
            await unreachable.create(secret),
            await unreachable.delete(self.key_of(secret)),
        ]
        with raised(Refused) as refused:
            await unreachable.exists(self.key_of(secret))
        for refusal in (*(result.error for result in seen), refused[0].failure):
            assert isinstance(refusal, Unavailable)
            assert refusal.retryable and refusal.cause is not None
            assert "secret" not in repr(refusal) and "SELECT" not in repr(refusal).upper().split()

    @rule("REPO-22", "a key or a version of the wrong type is a BadInput, not a miss", full=True)
    async def refuses_wrong_types(self, entities: Entities) -> None:
        key: Any = self.key_of(self.three()[0])
        anything: Any = object()
        asks: list[Callable[[], Awaitable[Any]]] = [lambda: entities.get_by_id(anything)]
        if hasattr(entities, "delete_many"):
            asks += [lambda: entities.delete_many([anything]), lambda: entities.delete_many({key: anything})]
        for ask in asks:
            with raised(WrongType):
                await ask()

    @classmethod
    def _named_rules(cls) -> Iterator[tuple[str, Rule]]:
        """Order them by number."""
        yield from sorted(super()._named_rules(), key=lambda named: named[1].number)
