"""One statement serves all values of a shape, and never with the values of another."""

from __future__ import annotations

from itertools import islice, permutations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from infra_ref.contract import run
from infra_ref.repository.contracts.repository_contract import PARCEL, Parcel
from infra_ref.repository.port import Query, asc, where
from infra_ref.repository.specification import AllOf, AnyOf, Compare, Not, OneOf, Specification, Text
from infra_ref.repository.sqlalchemy_mapper import SqlAlchemyMapper
from infra_ref.repository.sqlalchemy_reader import SHAPES
from infra_ref.repository.sqlalchemy_shape import shape
from infra_ref.repository.stored_repository import StoredRepository
from tests.repository.databases import ITEMS, PARCELS, sqlite
from tests.repository.test_same_rows import LIMITS, ROWS, SPECS, TEXTS, VALUES


def refilled(draw: Any, spec: Specification) -> Specification:
    """Return a specification of the same shape with other values."""
    match spec:
        case AllOf(parts):
            return AllOf(tuple(refilled(draw, part) for part in parts))
        case AnyOf(parts):
            return AnyOf(tuple(refilled(draw, part) for part in parts))
        case Not(part):
            return Not(refilled(draw, part))
        case Compare(field, how, value) if value is not None:
            return Compare(field, how, draw(VALUES[field]))
        case OneOf(field, values) if any(value is not None for value in values):
            some = draw(st.lists(VALUES[field], min_size=1, max_size=4))
            return OneOf(field, (*some, None) if None in values else tuple(some))
        case Text(field, how, _):
            return Text(field, how, draw(TEXTS))
        case _:
            return spec


@st.composite
def of_one_shape(draw: Any) -> list[Specification]:
    spec = draw(SPECS)
    return [spec, *(refilled(draw, spec) for _ in range(3))]


@given(rows=ROWS, specs=of_one_shape())
@settings(max_examples=100, **LIMITS)
def test_values_of_one_shape_are_never_mixed_up(rows: list[Parcel], specs: list[Specification]) -> None:
    async def main() -> None:
        async with sqlite() as database:
            mapper = SqlAlchemyMapper(PARCEL, PARCELS, ITEMS)
            parcels: StoredRepository[Parcel, str] = StoredRepository(database, mapper)
            (await parcels.create_many(rows)).unwrap()
            for spec in [*specs, *reversed(specs)]:
                found = (await parcels.find_by_specification(spec)).unwrap()
                matching = sorted(row.id for row in rows if spec.matches(row))
                assert [parcel.id for parcel in found] == matching
                assert (await parcels.count_by_specification(spec)).unwrap() == len(matching)
            assert mapper._selection.cache_info().currsize == 1
            assert mapper._counting.cache_info().currsize == 1

    run(main())


def test_none_is_of_another_shape_than_a_value() -> None:
    def of(spec: Specification) -> Specification:
        return shape(spec, "sqlite", {})

    note = where("note")
    assert of(note == "a") == of(note == "b") != of(note.is_none())
    assert of(note.is_in(["a"])) == of(note.is_in(["b", "c", "d"])) != of(note.is_in(["a", None]))
    assert len({of(note.is_in(some)) for some in ([], [None], ["a"], [None, "a"])}) == 4
    assert of(note.contains("a")) == of(note.contains("%")) != of(note.starts_with("a"))


def test_the_statements_that_are_kept_are_bounded() -> None:
    async def main() -> None:
        async with sqlite() as database:
            mapper = SqlAlchemyMapper(PARCEL, PARCELS, ITEMS)
            parcels: StoredRepository[Parcel, str] = StoredRepository(database, mapper)
            (await parcels.create(Parcel("a"))).unwrap()
            for fields in islice(permutations(VALUES, 4), SHAPES + 20):
                order = tuple(asc(field) for field in fields)
                assert [parcel.id for parcel in (await parcels.query(Query(order=order))).unwrap()] == ["a"]
            assert mapper._selection.cache_info().currsize == SHAPES

    run(main())
