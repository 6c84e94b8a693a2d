"""What is given without asking hishel is what hishel would give, over random headers, ages and requests."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import hishel
import pytest
from hishel._core import _spec
from hypothesis import given, settings
from hypothesis import strategies as st

from infra_ref.clock import EPOCH, FakeClock
from infra_ref.gateway.contracts.caching_contract import date
from infra_ref.gateway.contracts.decorator_contract import Inner
from infra_ref.gateway.decisions.asking import asked
from infra_ref.gateway.decisions.kept_answers import Kept, KeptAnswers
from infra_ref.gateway.decorators.caching_http_client import CachingHttpClient
from infra_ref.gateway.hishel_rules import Arrival, HishelRules
from infra_ref.gateway.port import HttpOptions, Request, Response
from infra_ref.result import Ok

URL = "http://peer.test/a"
SECONDS = st.sampled_from([0, 1, 9, 10, 11, 59, 60, 61, 3600, 86_400, 2**31, 10**12])
GARBAGE = st.sampled_from(["", "0", "-1", "soon", "Sat, 99 Foo 99999 25:61:61", 'max-age=5, =,,"', "é", '"'])
DATES = st.one_of(st.integers(-200, 200).map(date), st.just(date(365 * 86_400)), GARBAGE)
DIRECTIVES = st.one_of(
    st.sampled_from(["public", "private", "no-cache", "no-store", "must-revalidate", "immutable"]),
    st.sampled_from(['no-cache="x-a"', 'private="set-cookie"', "max-age=+9", "max-age=1_0", "MAX-AGE = 9"]),
    st.builds("{}={}".format, st.sampled_from(["max-age", "s-maxage", "stale-if-error"]), SECONDS),
    st.builds('{}="{}"'.format, st.sampled_from(["max-age", "s-maxage"]), SECONDS),
    GARBAGE,
)
CACHE_CONTROL = st.lists(DIRECTIVES, max_size=4).map(", ".join)
ANSWERS = st.fixed_dictionaries(
    {},
    optional={
        "cache-control": CACHE_CONTROL,
        "date": DATES,
        "expires": DATES,
        "last-modified": DATES,
        "etag": st.sampled_from(['"v1"', 'W/"v1"', ""]),
        "age": st.one_of(SECONDS.map(str), GARBAGE),
        "vary": st.sampled_from(["", "*", "Accept", "X-A", "x-a,,x-b", "authorization"]),
        "set-cookie": st.just("s=1"),
    },
)
ASKING = st.fixed_dictionaries(
    {},
    optional={
        "X-A": st.sampled_from("12"),
        "x-b": st.sampled_from("12"),
        "authorization": st.just("Bearer t"),
        "cache-control": st.sampled_from(["no-cache", "max-age=5", "no-store", "only-if-cached", "x"]),
        "pragma": st.just("no-cache"),
    },
)
MANY = settings(max_examples=200, deadline=None)


async def gives_again(
    headers: dict[str, str], first: dict[str, str], later: dict[str, str], seconds: int, shared: bool
) -> bool:
    clock, inner = FakeClock(), Inner(Ok(Response(200, headers, b"", None)))
    client = CachingHttpClient(inner, KeptAnswers(shared=shared), clock=clock)
    await client.get(URL, HttpOptions(headers=first))
    await clock.advance(seconds)
    await client.get(URL, HttpOptions(headers=later))
    return len(inner.calls) == 1


def hishel_gives_again(
    headers: dict[str, str], first: dict[str, str], later: dict[str, str], seconds: int, shared: bool
) -> bool:
    """Ask hishel alone, by its own clock set to ours; an answer without Date gets one, as HTTP demands."""
    options = hishel.CacheOptions(shared=shared)
    if _spec.parse_date(headers.get("date", "")) is None:
        headers = {**headers, "date": date()}

    def sent(more: dict[str, str]) -> hishel.Request:
        names = {name.lower(): text for name, text in more.items()}
        return hishel.Request("GET", URL, hishel.Headers({"accept": "application/json", **names}))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_spec, "time", SimpleNamespace(time=lambda: EPOCH.timestamp() + seconds))
        miss = hishel.CacheMiss(request=sent(first), options=options)
        stored = miss.next(hishel.Response(200, hishel.Headers(headers)))
        if not isinstance(stored, hishel.StoreAndUse):
            return False
        entry = hishel.Entry(uuid4(), sent(first), stored.response)
        return isinstance(hishel.IdleClient(options).next(sent(later), [entry]), hishel.FromCache)


@MANY
@given(
    headers=ANSWERS,
    first=ASKING,
    later=ASKING,
    seconds=SECONDS.filter(lambda s: s < 10**9),
    shared=st.booleans(),
)
def test_nothing_is_given_that_hishel_would_not_give(
    headers: dict[str, str], first: dict[str, str], later: dict[str, str], seconds: int, shared: bool
) -> None:
    if asyncio.run(gives_again(headers, first, later, seconds, shared)):
        assert hishel_gives_again(headers, first, later, seconds, shared)


PLAIN = st.fixed_dictionaries(
    {"cache-control": st.builds("{}={}".format, st.sampled_from(["max-age", "public, s-maxage"]), SECONDS)},
    optional={"date": st.integers(-200, 0).map(date), "expires": DATES, "vary": st.just("x-a")},
)


@MANY
@given(
    headers=PLAIN,
    first=st.sampled_from([{}, {"x-a": "1"}]),
    later=st.sampled_from([{}, {"X-A": "1"}, {"x-b": "1"}]),
    seconds=SECONDS.filter(lambda s: s < 10**9),
    shared=st.booleans(),
)
def test_what_hishel_gives_by_what_the_peer_said_is_given(
    headers: dict[str, str], first: dict[str, str], later: dict[str, str], seconds: int, shared: bool
) -> None:
    given = asyncio.run(gives_again(headers, first, later, seconds, shared))
    assert given == hishel_gives_again(headers, first, later, seconds, shared)


def kept_by(rules: HishelRules, headers: dict[str, str]) -> tuple[Any, Kept | None]:
    wanted = asked(Request("GET", URL))
    assert wanted is not None
    return wanted, rules.kept(wanted, Response(200, headers, b"", None), Arrival(EPOCH, 0.0, 0.0))


@MANY
@given(headers=ANSWERS, seconds=SECONDS, shared=st.booleans())
def test_to_give_at_once_is_what_it_would_say_if_asked(
    headers: dict[str, str], seconds: int, shared: bool
) -> None:
    rules = HishelRules(shared=shared)
    wanted, kept = kept_by(rules, headers)
    if kept is not None and kept.holds(seconds):
        assert rules.validators(wanted, kept, seconds) is None


def test_what_is_given_only_after_asking_is_given_too() -> None:
    rules = HishelRules(shared=True)
    wanted, kept = kept_by(rules, {"cache-control": "max-age=+60", "etag": '"v1"'})
    assert kept is not None
    assert not kept.holds(1)
    assert rules.validators(wanted, kept, 1) is None
    assert rules.validators(wanted, kept, 60) == {"if-none-match": '"v1"'}


def test_a_validator_that_cannot_be_sent_is_left_out() -> None:
    rules = HishelRules(shared=True)
    wanted, kept = kept_by(rules, {"etag": '"é"', "last-modified": date()})
    assert kept is not None
    assert rules.validators(wanted, kept, 1) == {"if-modified-since": date()}


@pytest.mark.parametrize("other", ["stale-if-error=61", "foo=60", "foo=62", "foo=999999999", 'x="61", y=59'])
def test_a_number_that_is_no_lifetime_is_not_taken_for_one(other: str) -> None:
    _, kept = kept_by(HishelRules(shared=True), {"cache-control": f"max-age=60, {other}"})
    assert kept is not None
    assert (kept.holds(59), kept.holds(60), kept.holds(61)) == (True, False, False)
