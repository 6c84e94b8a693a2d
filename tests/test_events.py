"""The envelope that every pattern shares."""

from __future__ import annotations

import copy
import pickle
import uuid
from dataclasses import FrozenInstanceError, asdict, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from infra_ref.events import DomainEvent


def event(**fields: Any) -> DomainEvent:
    return DomainEvent(**{"type": "user.renamed", "subject": "7"} | fields)


def test_what_is_not_given() -> None:
    before = datetime.now(UTC)
    made = event()
    assert uuid.UUID(made.id).version == 4
    assert before <= made.time <= datetime.now(UTC)
    assert made.time.utcoffset() == timedelta(0)
    assert (dict(made.data), made.source) == ({}, "/")
    assert (made.version, made.correlation_id, made.causation_id) == (None, None, None)


def test_each_has_an_id_and_data_of_its_own() -> None:
    one, other = event(), event()
    assert one.id != other.id
    assert one.data is not other.data
    assert one != other


def test_fields_are_given_by_name() -> None:
    with pytest.raises(TypeError):
        DomainEvent("user.renamed", "7")  # type: ignore[misc]


@pytest.mark.parametrize("name", ["type", "subject", "id", "source"])
def test_what_must_not_be_empty(name: str) -> None:
    with pytest.raises(ValueError, match=f"needs a {name}"):
        event(**{name: ""})


def test_a_time_needs_a_zone_and_any_zone_will_do() -> None:
    with pytest.raises(ValueError, match=r"datetime\.now\(UTC\)"):
        event(time=datetime(2026, 1, 1))  # noqa: DTZ001 - it is what is refused
    there = datetime(2026, 1, 1, tzinfo=timezone(timedelta(hours=-5)))
    assert event(time=there).time == datetime(2026, 1, 1, 5, tzinfo=UTC)


def test_it_is_frozen_and_has_slots() -> None:
    made = event()
    with pytest.raises(FrozenInstanceError):
        made.subject = "8"  # type: ignore[misc]
    assert not hasattr(made, "__dict__")


def test_a_copy_is_equal_and_has_the_same_hash() -> None:
    made = event(data={"name": "Ada", "tags": ["x"]}, version=3, causation_id="c")
    for twin in (pickle.loads(pickle.dumps(made)), copy.copy(made), copy.deepcopy(made), replace(made)):
        assert twin == made
        assert hash(twin) == hash(made)
    assert replace(made, version=4) != made
    assert len({made, replace(made), event()}) == 2


def test_its_names_are_those_of_cloudevents() -> None:
    assert {"type", "subject", "data", "id", "source", "time"} <= asdict(event()).keys()
