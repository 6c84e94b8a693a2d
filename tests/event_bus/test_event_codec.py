"""An event as bytes: what is written, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra_ref.event_bus.delivery.event_codec import (
    EventTooLarge,
    NotSerialisable,
    NotUnderstood,
    decode,
    encode,
)
from infra_ref.events import DomainEvent
from infra_ref.failures import Failure, Refused

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
EVENT = DomainEvent(type="order.placed", subject="7", id="1", time=NOON, data={"n": 1})

texts = st.text(st.characters(codec="utf-8"), min_size=1)
characters = st.text(st.characters(codec="utf-8"))
numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
plain = st.recursive(
    st.none() | st.booleans() | numbers | characters,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(characters, inner, max_size=3),
    max_leaves=10,
)
events = st.builds(
    DomainEvent,
    type=texts,
    subject=texts,
    data=st.dictionaries(texts, plain, max_size=4),
    id=texts,
    source=texts,
    time=st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-7))])),
    version=st.none() | st.integers(0),
    correlation_id=st.none() | texts,
    causation_id=st.none() | texts,
)


@given(events)
def test_what_was_written_is_read(event: DomainEvent) -> None:
    assert decode(encode(event)) == event


def test_it_is_the_json_of_cloudevents() -> None:
    assert json.loads(encode(replace(EVENT, version=2, correlation_id="c"))) == {
        "specversion": "1.0",
        "id": "1",
        "source": "/",
        "type": "order.placed",
        "subject": "7",
        "time": "2026-01-01T12:00:00+00:00",
        "datacontenttype": "application/json",
        "data": {"n": 1},
        "version": 2,
        "correlationid": "c",
    }


def refused(call: Any) -> Failure:
    with pytest.raises(Refused) as caught:
        call()
    return caught.value.failure


@pytest.mark.parametrize("data", [{"x": object()}, {"x": float("inf")}, {"x": {1, 2}}, {"x": b"b"}])
def test_what_is_no_json_is_refused(data: Any) -> None:
    failure = refused(lambda: encode(replace(EVENT, data=data)))
    assert isinstance(failure, NotSerialisable)
    assert "event '1'" in str(failure)
    assert not failure.retryable


def test_what_refers_to_itself_is_refused() -> None:
    data: dict[str, Any] = {}
    data["me"] = data
    assert isinstance(refused(lambda: encode(replace(EVENT, data=data))), NotSerialisable)


def test_what_is_too_large_is_refused_with_its_size() -> None:
    failure = refused(lambda: encode(replace(EVENT, data={"x": "ä" * 100}), largest=200))
    assert isinstance(failure, EventTooLarge)
    assert failure.size > 200


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"null",
        b"[]",
        b"{}",
        b'"text"',
        encode(EVENT)[:-1],
        encode(EVENT).replace(b'"1.0"', b'"2.0"'),
        encode(EVENT).replace(b'"1.0"', b"1"),
        encode(EVENT).replace(b"12:00:00+00:00", b"12:00:00"),
        encode(EVENT).replace(b"12:00:00+00:00", b"noon"),
        encode(EVENT).replace(b'"7"', b'""'),
        b"[" * 100_000,
    ],
)
def test_what_is_no_event_is_refused(body: bytes) -> None:
    failure = refused(lambda: decode(body))
    assert isinstance(failure, NotUnderstood)
    assert not failure.retryable


def test_a_later_minor_version_and_unknown_attributes_are_read() -> None:
    body = encode(EVENT).replace(b'"1.0"', b'"1.9"').replace(b'"data":', b'"tracestate":"x","data":')
    assert decode(body) == EVENT


def test_upcasts_go_step_by_step_and_not_in_a_circle() -> None:
    upcasts = {
        "order.placed": lambda event: replace(event, type="order.placed.v2"),
        "order.placed.v2": lambda event: replace(event, type="order.placed.v3", data={"n": 3}),
    }
    assert decode(encode(EVENT), upcasts).data == {"n": 3}
    upcasts["order.placed.v3"] = lambda event: replace(event, type="order.placed")
    assert isinstance(refused(lambda: decode(encode(EVENT), upcasts)), NotUnderstood)


def test_half_a_character_is_refused() -> None:
    assert isinstance(refused(lambda: encode(replace(EVENT, subject="\ud800"))), NotSerialisable)
