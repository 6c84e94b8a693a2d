"""Random specifications on random rows find the same rows, in order, in memory, SQLite and PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from infra_ref.contract import run
from infra_ref.repository.contracts.parcels import PARCEL, Item, Parcel
from infra_ref.repository.contracts.query_contract import by_windows
from infra_ref.repository.memory_queryable_repository import MemoryQueryableRepository
from infra_ref.repository.query_port import Order, Query, QueryableRepository
from infra_ref.repository.specification_port import AllOf, AnyOf, Compare, Not, OneOf, Specification, where
from infra_ref.repository.sqlalchemy_queryable_repository import SqlAlchemyQueryableRepository
from tests.repository.databases import ITEMS, PARCELS, postgres, postgres_url, sqlite

# Few values of each kind, so that rows and specifications meet; among them all that SQL treats as special.
TEXTS = st.one_of(
    st.sampled_from(
        ["", "a", "A", "b", "ab", "%", "_", "\\", "a%b", "*", "[a]", "?", "'", "10", "9", "é", "e\u0301"]
    ),
    st.text(alphabet="aAß%_\\*?[]'\" 😀\uffff\n-", max_size=4),
)
WHOLES = st.sampled_from([0, 1, -1, 2, 10, 2**31, 2**53 + 1, 2**63 - 1, -(2**63)])
NUMBERS = st.sampled_from([0.0, -0.0, 0.1, 1.0, 1e-300, -1e300, float("inf"), 2.0**53])
ZONES = st.sampled_from([UTC, timezone(timedelta(hours=-7)), timezone(timedelta(hours=5, minutes=45))])
MOMENTS = st.builds(
    lambda minutes, zone: (datetime(2026, 3, 29, tzinfo=UTC) + timedelta(minutes=minutes)).astimezone(zone),
    st.integers(-90, 90).map(lambda n: n * 30),
    ZONES,
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "id": TEXTS.filter(bool),
    "owner": TEXTS,
    "weight": WHOLES,
    "price": NUMBERS,
    "note": TEXTS,
    "fragile": st.booleans(),
    "sent_at": MOMENTS,
}
OPTIONAL = {"price", "note", "sent_at"}


def or_none(field: str) -> st.SearchStrategy[Any]:
    return st.none() | VALUES[field] if field in OPTIONAL else VALUES[field]


ROWS = st.lists(
    st.builds(
        Parcel,
        **{field: or_none(field) for field in VALUES},
        label=st.none(),
        items=st.lists(st.builds(Item, st.just("x"), st.integers(0, 3)), max_size=2),
    ),
    max_size=12,
    unique_by=lambda parcel: parcel.id,
)


@st.composite
def leaves(draw: Any) -> Specification:
    field = draw(st.sampled_from(sorted(VALUES)))
    kinds = ["compare", "equal", "one of", *(["text"] if field in ("id", "owner", "note") else [])]
    match draw(st.sampled_from(kinds)):
        case "compare":
            how: Any = draw(st.sampled_from(["<", "<=", ">", ">="]))
            return Compare(field, how, draw(VALUES[field]))
        case "equal":
            return OneOf(field, (draw(st.none() | VALUES[field]),))
        case "one of":
            return OneOf(field, tuple(draw(st.lists(st.none() | VALUES[field], max_size=3))))
        case _:
            match_how: Any = draw(st.sampled_from(["contains", "starts with", "ends with"]))
            return Compare(field, match_how, draw(TEXTS))


SPECS = st.recursive(
    leaves(),
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(AllOf, st.lists(inner, max_size=3).map(tuple))
        | st.builds(AnyOf, st.lists(inner, max_size=3).map(tuple))
    ),
    max_leaves=8,
)
ORDERS = st.lists(st.builds(Order, st.sampled_from(sorted(VALUES)), st.booleans()), max_size=3).map(tuple)
QUERIES = st.builds(Query, SPECS, ORDERS)


def on(database: Any) -> SqlAlchemyQueryableRepository[Parcel, str]:
    return SqlAlchemyQueryableRepository(database, PARCEL, PARCELS, ITEMS)


@asynccontextmanager
async def three() -> AsyncIterator[list[QueryableRepository[Parcel, str]]]:
    async with AsyncExitStack() as stack:
        yield [
            MemoryQueryableRepository(PARCEL),
            on(await stack.enter_async_context(sqlite())),
            on(await stack.enter_async_context(postgres("asyncpg"))),
            on(await stack.enter_async_context(postgres("psycopg"))),
        ]


async def asked(repository: QueryableRepository[Parcel, str], rows: list[Parcel], query: Query) -> Any:
    """Fill the repository with these rows alone, and ask in every way there is."""
    old = (await repository.get_all()).unwrap()
    (await repository.delete_many(parcel.id for parcel in old)).unwrap()
    (await repository.create_many(rows)).unwrap()
    found = (await repository.query(query)).unwrap()
    counted = (await repository.count(query)).unwrap()
    by_window = [parcel async for parcel in by_windows(repository, Query(query.where, query.order, limit=2))]
    assert by_window == found
    assert counted == len(found)
    return found


@pytest.fixture(scope="module")
def with_three() -> Any:
    """All repositories, opened once, in an event loop that lasts as long."""
    import asyncio

    postgres_url("asyncpg")
    loop = asyncio.new_event_loop()
    opened = three()
    repositories = loop.run_until_complete(opened.__aenter__())

    def do(work: Callable[[Any], Coroutine[Any, Any, Any]]) -> Any:
        return loop.run_until_complete(work(repositories))

    yield do
    loop.run_until_complete(opened.__aexit__(None, None, None))
    loop.close()


EXAMPLES = int(os.environ.get("INFRA_REF_EXAMPLES", "60"))
LIMITS: dict[str, Any] = {
    "deadline": None,
    "derandomize": True,
    "database": None,
    "suppress_health_check": [HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
}


def same_rows(do: Any, rows: list[Parcel], query: Query) -> None:
    async def main(repositories: list[QueryableRepository[Parcel, str]]) -> None:
        memory, *others = [await asked(repository, rows, query) for repository in repositories]
        for other in others:
            assert other == memory

    do(main)


@given(rows=ROWS, query=QUERIES)
@settings(max_examples=EXAMPLES, **LIMITS)
def test_memory_sqlite_and_postgresql_find_the_same_rows(
    with_three: Any, rows: list[Parcel], query: Query
) -> None:
    same_rows(with_three, rows, query)


@pytest.mark.deep
@pytest.mark.timeout(600)
@given(rows=ROWS, query=QUERIES)
@settings(max_examples=2_000, **{**LIMITS, "derandomize": False})
def test_they_do_so_for_many_more(with_three: Any, rows: list[Parcel], query: Query) -> None:
    same_rows(with_three, rows, query)


@given(spec=SPECS, row=ROWS)
@settings(max_examples=200, **LIMITS)
def test_a_negation_is_true_exactly_where_the_plain_is_false(spec: Specification, row: list[Parcel]) -> None:
    for parcel in row:
        assert (~spec).matches(parcel) is not spec.matches(parcel)


def test_a_specification_refuses_to_be_a_truth() -> None:
    light, heavy = where("weight") < 2, where("weight") > 5
    for truth in (lambda: light and heavy, lambda: not light, lambda: 1 < where("weight") < 5):
        with pytest.raises(TypeError, match=r"combine with & \| ~|says nothing"):
            truth()


def test_specifications_are_values() -> None:
    one = (where("weight") < 2) & where("note").is_in(["a"]) & ~where("price").is_none()
    same = (where("weight") < 2) & where("note").is_in(["a"]) & ~where("price").is_none()
    assert one == same
    assert len({one, same}) == 1
    assert isinstance(one, AllOf)
    assert len(one.parts) == 3


def test_a_long_chain_stays_flat() -> None:
    async def main() -> None:
        async with sqlite() as database:
            parcels = on(database)
            (await parcels.create(Parcel("500"))).unwrap()
            chain: Specification = where("id") == "0"
            for n in range(1, 900):
                chain |= where("id") == str(n)
            assert [parcel.id for parcel in (await parcels.find_by_specification(chain)).unwrap()] == ["500"]

    run(main())
