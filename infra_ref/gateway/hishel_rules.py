"""What a cache may do with an answer by RFC 9111, as hishel decides it."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import hishel

from infra_ref.gateway.decisions.ages import age_on_arrival, life_by_expires, moment, stamp
from infra_ref.gateway.decisions.asking import ANEW, Asked
from infra_ref.gateway.decisions.kept_answers import Kept
from infra_ref.gateway.port import NotModified, Response

VALIDATORS = ("if-none-match", "if-modified-since")
_NUMBER = re.compile(r"=\s*\"?(\d{1,9})")
_ONLY = UUID(int=0)

SOMEBODY = "somebody"
"""What hishel sees in place of credentials: what it is shown was asked for by the same one."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """When an answer came, by the wall clock and by a monotonic one; `delay` is how many seconds it took."""

    wall: datetime
    monotonic: float
    delay: float


class HishelRules:
    """Asks hishel, and adds what hishel 2 leaves to its user.

    hishel reads the machine's clock, and of an answer's age its `Date` alone. So
    it is shown every answer dated to be as old by that clock as it is by ours,
    `Age` and time on the way included. It guesses a lifetime from
    `Last-Modified`, so it never sees an answer without `Expires`. It knows of a
    request's `Cache-Control` no more than `no-cache`, so it sees any as that.
    """

    def __init__(self, *, shared: bool) -> None:
        self._options = hishel.CacheOptions(
            shared=shared, supported_methods=["GET", "HEAD"], allow_stale=False
        )

    def kept(self, asked: Asked, answer: Response, arrival: Arrival) -> Kept | None:
        """Return the answer as it may be kept; None if it may not, or if that would be of no use."""
        if answer.redirected or "set-cookie" in answer.headers:
            return None
        miss = hishel.CacheMiss(request=self._request(asked), options=self._options)
        state = miss.next(hishel.Response(answer.status, hishel.Headers(answer.headers)))
        if not isinstance(state, hishel.StoreAndUse):
            return None
        kept = self._new(asked, answer, state.response.headers, arrival)
        can_be_checked = "etag" in kept.headers or "last-modified" in kept.headers
        return kept if can_be_checked or kept.holds(arrival.monotonic) else None

    def validators(self, asked: Asked, kept: Kept, now: float) -> dict[str, str] | None:
        """Return the request headers that ask whether it still holds; None if it may be given as it is.

        They are none if there is nothing to ask by.
        """
        age = kept.age(now)
        state = self._judge(self._request(asked, anew=asked.anew), kept, age)
        if isinstance(state, hishel.FromCache):
            kept.given_below = self._given_below(asked, kept, age)
            return None
        if not isinstance(state, hishel.NeedRevalidation):
            return {}
        sent = {name: state.request.headers.get(name, "") for name in VALIDATORS}
        return {name: text for name, text in sent.items() if text and text.isascii() and text.isprintable()}

    def renewed(self, asked: Asked, kept: Kept, told: NotModified, arrival: Arrival) -> dict[str, str] | None:
        """Return its headers, brought up to date by those of a 304; None if that speaks of another answer.

        Cookies are left out: they are for whoever asked, not for whom it is given to later.
        """
        if told.redirected:
            return None
        request = self._request(asked)
        response = hishel.Response(kept.status, hishel.Headers(kept.headers))
        news = {name: text for name, text in told.headers.items() if name != "set-cookie"}
        state = hishel.NeedRevalidation(
            request=request,
            original_request=request,
            revalidating_entries=[hishel.Entry(_ONLY, request, response)],
            options=self._options,
        ).next(hishel.Response(304, hishel.Headers({"date": stamp(arrival.wall.timestamp()), **news})))
        if not isinstance(state, hishel.NeedToBeUpdated):
            return None
        return dict(state.updating_entries[0].response.headers)

    def _new(self, asked: Asked, answer: Response, storable: Mapping[str, str], arrival: Arrival) -> Kept:
        own = {name: text for name, text in storable.items() if name != "age"}
        if moment(own.get("date")) is None:
            own["date"] = stamp(arrival.wall.timestamp())  # RFC 9110, section 6.6.1
        names = (name.strip().lower() for name in own.get("vary", "").split(","))
        kept = Kept(
            status=answer.status,
            headers=own,
            body=answer.body,
            varied={name: asked.headers.get(name) for name in names if name},
            age_then=age_on_arrival(answer.headers, arrival.wall, arrival.delay),
            since=arrival.monotonic,
        )
        kept.given_below = self._given_below(asked, kept, kept.age(arrival.monotonic))
        return kept

    def _given_below(self, asked: Asked, kept: Kept, age: int) -> int:
        """Return an age from which on hishel must be asked again.

        Its headers are only guessed at: hishel says whether a guess holds, and
        what it gives at some age it gives at any lesser one.
        """
        guesses = {int(number) for number in _NUMBER.findall(kept.headers.get("cache-control", ""))}
        guesses.add(life_by_expires(kept.headers) or 0)
        later = sorted((guess for guess in guesses if guess > age), reverse=True)
        return next((guess for guess in later[:4] if self._gives(asked, kept, guess - 1)), 0)

    def _gives(self, asked: Asked, kept: Kept, age: int) -> bool:
        return isinstance(self._judge(self._request(asked), kept, age), hishel.FromCache)

    def _judge(self, request: hishel.Request, kept: Kept, age: int) -> hishel.AnyState:
        was = {name: text for name, text in kept.varied.items() if text is not None}
        if "authorization" in request.headers:
            was["authorization"] = SOMEBODY
        stored = hishel.Request(request.method, request.url, hishel.Headers(was))
        life = life_by_expires(kept.headers)
        while True:
            second = int(time.time())
            expires = "0" if life is None else stamp(second - age + life)
            dated = {**kept.headers, "date": stamp(second - age), "expires": expires}
            entry = hishel.Entry(_ONLY, stored, hishel.Response(kept.status, hishel.Headers(dated)))
            state = hishel.IdleClient(self._options).next(request, [entry])
            if int(time.time()) == second:  # else hishel may have seen it a second older
                return state

    @staticmethod
    def _request(asked: Asked, *, anew: bool = False) -> hishel.Request:
        headers = {name: text for name, text in asked.headers.items() if name not in ANEW}
        if anew:
            headers["cache-control"] = "no-cache"
        if asked.known:
            headers["authorization"] = SOMEBODY
        return hishel.Request(asked.method, asked.url, hishel.Headers(headers))
