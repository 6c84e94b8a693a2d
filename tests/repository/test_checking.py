"""Many entities are checked at once, and refused exactly as one by one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra_ref.repository.port import NoKey, Schema, WrongType


class Colour(StrEnum):
    RED = "red"


class Word(str):
    __slots__ = ()


class Count(int):
    pass


@dataclass
class Part:
    name: Any
    size: Any


@dataclass
class Typed:
    name: str
    size: int


@dataclass
class Thing:
    id: str
    owner: str
    weight: int
    price: float
    fragile: bool
    sent_at: datetime
    colour: Colour
    note: str | None = None
    grams: int | None = None
    seen_at: datetime | None = None
    parts: list[Typed] = field(default_factory=list[Typed])
    version: int = 0


@dataclass
class Other(Thing):
    pass


THING = Schema(Thing)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
GOOD: dict[str, Any] = {
    "id": "a", "owner": "é😀", "weight": 7, "price": 2.5, "fragile": True, "sent_at": NOON,
    "colour": Colour.RED, "note": None, "grams": 3, "seen_at": NOON, "version": 1,
}  # fmt: skip

ODD: Any = st.sampled_from(
    [
        None, "", "a", "é", "\0", "a\0b", "\ud800", "\udc00", "red", Word("w"), Word("\0"), Colour.RED,
        0, 1, -1, 2**63 - 1, -(2**63), 2**63, -(2**63) - 1, 2**53, 2**53 + 1, 10**400, True, False, Count(3),
        Count(2**70), 0.5, float("nan"), float("inf"), 1e308, NOON, NOON.replace(tzinfo=None),
        NOON.astimezone(timezone(timedelta(hours=5, minutes=45))),
        datetime.min.replace(tzinfo=timezone(timedelta(hours=1))),
        datetime.max.replace(tzinfo=timezone(timedelta(hours=-1))),
        b"bytes", [], object(), object,
    ]
)  # fmt: skip
PARTS = st.lists(
    st.builds(Typed, st.sampled_from(["x", "é"]), st.integers(0, 9))
    | st.builds(Typed, ODD, ODD)
    | st.builds(Part, ODD, ODD),
    max_size=3,
)


@st.composite
def things(draw: Any) -> Any:
    values = {**GOOD, **draw(st.dictionaries(st.sampled_from(sorted(GOOD)), ODD, max_size=2))}
    return draw(st.sampled_from([Thing, Thing, Thing, Other]))(**values, parts=draw(PARTS))


def refusal(check: Any, given: Any) -> tuple[type, str] | None:
    try:
        check(given)
    except (NoKey, WrongType, TypeError) as error:
        return type(error), str(error)
    return None


@given(st.lists(things() | st.builds(lambda: Thing(**GOOD)), max_size=9))
@settings(max_examples=600, deadline=None, derandomize=True, database=None)
def test_many_are_refused_as_the_first_bad_one_is(many: list[Any]) -> None:
    one_by_one = [refused for one in many if (refused := refusal(THING.check_entity, one))]
    assert refusal(THING.check_entities, many) == (one_by_one[0] if one_by_one else None)


@given(ODD, st.sampled_from(sorted(GOOD)))
@settings(max_examples=600, deadline=None, derandomize=True, database=None)
def test_one_odd_value_among_many(value: Any, name: str) -> None:
    many = [Thing(**GOOD) for _ in range(9)] + [Thing(**{**GOOD, name: value})]
    assert refusal(THING.check_entities, many) == refusal(THING.check_entity, many[-1])


def test_usual_ones_are_not_looked_at_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(THING, "check_entity", lambda _: pytest.fail("looked at one by one"))
    THING.check_entities([Thing(**GOOD, parts=[Typed("x", 1)]) for _ in range(9)])
    THING.check_entities([])
