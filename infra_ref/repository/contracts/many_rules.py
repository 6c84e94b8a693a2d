"""What a repository promises of `create_many`, `update_many` and `delete_many`: all or none, in batches."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from infra_ref.contract import rule
from infra_ref.repository.contracts.entities import EntitiesContract, has, varied
from infra_ref.repository.errors import Conflict, Duplicate, Missing
from infra_ref.repository.port import Repository
from infra_ref.result import Err, Ok

Entities = Repository[Any, Any]
MANY = 10_000


class ManyRules(EntitiesContract):
    """An adapter without these methods lacks `many`."""

    @rule("REPO-12", "many of nothing is Ok and does nothing", needs="many")
    async def accepts_nothing(self, entities: Entities) -> None:
        stored = Ok(await self.stored(entities))
        assert await entities.create_many([]) == Ok([])
        assert await entities.update_many([]) == Ok([])
        assert await entities.delete_many([]) == Ok(0)
        assert self.keys(await entities.get_all()) == self.keys(stored)

    @rule("REPO-13", "create_many stores all, or none if one is refused, and names that one", needs="many")
    async def creates_all_or_none(self, entities: Entities) -> None:
        a, b, c = self.three()
        if has(self.unique):
            a, b, c = sorted((a, b, c), key=lambda one: getattr(one, self.unique) is not None)
        (await entities.create(c)).unwrap()
        key_a, key_b, key_c = map(self.key_of, (a, b, c))
        assert await entities.create_many([a, c, b]) == Err(Duplicate(key_c, self.key))
        assert await entities.create_many([a, b, a]) == Err(Duplicate(key_a, self.key))
        if has(self.unique):
            taken = varied(b, **{self.unique: getattr(c, self.unique)})
            assert await entities.create_many([a, taken]) == Err(Duplicate(key_b, self.unique))
        assert self.keys(await entities.get_all()) == [key_c]
        made = [self.as_version(one, 1) for one in (a, b)]
        assert await entities.create_many([a, b]) == Ok(made)

    @rule(
        "REPO-14",
        "update_many stores all, or none if one is missing or stale, and names that one",
        needs="many",
    )
    async def updates_all_or_none(self, entities: Entities) -> None:
        a, b, c = await self.stored(entities)
        (await entities.delete(self.key_of(c))).unwrap()
        (await entities.update(self.change(b))).unwrap()
        newer, changed = self.as_version(self.change(b), 2), self.change(a)
        assert await entities.update_many([changed, c]) == Err(Missing(self.key_of(c)))
        if has(self.version):
            assert await entities.update_many([changed, b]) == Err(Conflict(self.key_of(b), 1, 2))
            assert await entities.update_many([changed, a]) == Err(Conflict(self.key_of(a), 1, 2))
        assert await entities.get_by_id(self.key_of(a)) == Ok(a)
        both = [self.as_version(changed, 2), self.as_version(newer, 3)]
        assert await entities.update_many([changed, newer]) == Ok(both)
        assert [await entities.get_by_id(self.key_of(one)) for one in both] == [Ok(one) for one in both]

    @rule(
        "REPO-15",
        "delete_many removes all, or none if one is missing or stale, and names that one",
        needs="many",
    )
    async def deletes_all_or_none(self, entities: Entities) -> None:
        a, b, c = map(self.key_of, await self.stored(entities))
        (await entities.delete(c)).unwrap()
        assert await entities.delete_many([a, c]) == Err(Missing(c))
        if has(self.version):
            assert await entities.delete_many({a: 1, b: 7}) == Err(Conflict(b, expected=7, actual=1))
        assert self.keys(await entities.get_all()) == sorted([a, b])
        assert await entities.delete_many({a: 1, b: None} if has(self.version) else [a, b]) == Ok(2)
        assert await entities.get_all() == Ok([])

    @rule(
        "REPO-16",
        "ten thousand rows go in batches: a hundred statements at the most",
        needs=("many", "statements"),
    )
    async def works_in_batches(
        self, entities: Entities, numbered: Callable[[int], Any], statements: Callable[[], int]
    ) -> None:
        many = [numbered(n) for n in range(MANY)]
        for work in (entities.create_many, entities.update_many):
            before = statements()
            many = (await work(many)).unwrap()
            assert 0 < statements() - before <= 100
        before = statements()
        assert await entities.delete_many(self.key_of(one) for one in many) == Ok(MANY)
        assert 0 < statements() - before <= 100

    @rule("REPO-23", "a list of keys may be longer than a store takes at once", needs="many", full=True)
    async def takes_long_lists(self, entities: Entities, numbered: Callable[[int], Any]) -> None:
        many = [self.key_of(numbered(n)) for n in range(40_000)]
        assert await entities.delete_many(many) == Err(Missing(many[0]))
