"""What is decided about requests, answers and redirects, without any peer."""

from __future__ import annotations

import gzip
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra_ref.contract import run
from infra_ref.gateway.authentication_port import Bearer
from infra_ref.gateway.errors import (
    BodyTooLarge,
    MalformedBody,
    NotModified,
    Redirected,
    Rejected,
    ServerFailed,
    TooManyRequests,
    TryAgain,
)
from infra_ref.gateway.exchange.answers import interpret, retry_after
from infra_ref.gateway.exchange.redirects import origin, redirected
from infra_ref.gateway.exchange.unpacking import unpacked, whole
from infra_ref.gateway.port import HttpOptions, Request, Response, safe_url
from infra_ref.result import Err, Ok

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("²", None),
        ("0", 0.0),
        (" 120 ", 120.0),
        ("9" * 400, float("9" * 12)),
        ("Thu, 01 Jan 2026 12:00:30 GMT", 30.0),
        ("Thursday, 01-Jan-26 12:00:30 GMT", 30.0),
        ("Thu Jan  1 12:00:30 2026", 30.0),
        ("Thu, 01 Jan 2026 11:00:00 GMT", 0.0),
        ("Fri, 01 Jan 2027 12:00:00 GMT", 365 * 86400.0),
        ("Thu, 01 Jan 99999 12:00:00 GMT", None),
        ("Thu, 99 Foo 2026 12:00:00 GMT", None),
    ],
)
def test_retry_after(header: str | None, seconds: float | None) -> None:
    assert retry_after(header, NOON) == seconds


def kind_of(status: int) -> type:
    """Return what an answer with that status is, as a table."""
    named: dict[int, type] = {304: NotModified, 408: TryAgain, 425: TryAgain, 429: TooManyRequests}
    by_hundreds: dict[int, type] = {2: Response, 3: Redirected, 5: ServerFailed}
    return named.get(status) or by_hundreds.get(status // 100, Rejected)


def test_every_status_is_of_its_kind() -> None:
    seen = {}
    for status in range(200, 600):
        result = run(interpret(Request("GET", "/a"), status, {}, whole(b""), NOON))
        seen[status] = type(result.value if isinstance(result, Ok) else result.error)
    assert seen == {status: kind_of(status) for status in seen}


def test_a_url_that_is_shown_has_no_secret() -> None:
    shown = safe_url("https://ann:swordfish@a.test/b?c=swordfish#swordfish")
    assert shown == "https://a.test/b?c=***"


@given(st.text(max_size=40))
def test_retry_after_takes_any_text(header: str) -> None:
    wait = retry_after(header, NOON)
    assert wait is None or wait >= 0


@given(st.integers(-(10**6), 10**8))
def test_retry_after_as_a_date_is_the_time_until_then(seconds: int) -> None:
    header = format_datetime(NOON + timedelta(seconds=seconds), usegmt=True)
    assert retry_after(header, NOON) == max(seconds, 0)


def read(body: bytes, coding: str = "", *, limit: int = 10_000, step: int = 10_000, status: int = 200) -> Any:
    async def pieces() -> AsyncIterator[bytes]:
        for i in range(0, len(body), step):
            yield body[i : i + step]

    request = Request("GET", "/a", None, HttpOptions(max_body=limit))
    return run(unpacked(request, status, coding, pieces()))


@given(st.binary(max_size=500), st.integers(0, 600), st.integers(1, 50), st.booleans())
def test_a_body_is_whole_or_refused(body: bytes, limit: int, step: int, packed: bool) -> None:
    sent, coding = (gzip.compress(body), "gzip") if packed else (body, "")
    match read(sent, coding, limit=limit, step=step):
        case Ok(unpacked_body):
            assert unpacked_body == body
            assert len(body) <= limit
        case Err(error):
            assert isinstance(error, BodyTooLarge)
            assert len(body) > limit


@given(st.binary(min_size=1, max_size=300), st.data())
def test_compression_cut_short_or_damaged_is_seen(body: bytes, data: st.DataObject) -> None:
    packed = gzip.compress(body)
    bad = packed[:-1], packed[: len(packed) // 2], packed + b"x", b"\0" + packed[1:]
    result = read(data.draw(st.sampled_from(bad)), " GZIP")
    assert isinstance(result, Err)
    assert isinstance(result.error, MalformedBody)


def test_a_coding_that_was_not_asked_for_is_refused() -> None:
    result = read(b"abc", "br")
    assert isinstance(result.error, MalformedBody)
    assert "'br'" in str(result.error)


def test_a_body_that_is_not_read_to_its_end_is_closed_at_once() -> None:
    """Left to the garbage collector, it is closed after the event loop on Python 3.13."""
    closed = []

    async def pieces() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"1"
        finally:
            closed.append(True)

    async def check() -> None:
        request = Request("GET", "/a", None, HttpOptions(max_body=10))
        assert isinstance(await unpacked(request, 200, "", pieces()), Err)
        assert closed

    run(check())


@pytest.mark.parametrize(("body", "coding"), [(b"x" * 100_000, ""), (b"abc", "br"), (b"abc", "gzip")])
def test_of_a_refusal_there_is_what_could_be_read(body: bytes, coding: str) -> None:
    assert read(body, coding, status=422) == Ok(body[: 64 * 1024] if not coding else b"")


SECRET = HttpOptions(
    authentication=Bearer("t"),
    idempotency_key="k",
    headers={"Accept-Language": "de", "X-Key": "s", "Cookie": "s"},
)


@pytest.mark.parametrize(
    ("location", "url", "keeps"),
    [
        ("/b", "https://a.test/b", True),
        ("https://a.test:443/b", "https://a.test:443/b", True),
        ("//a.test/b", "https://a.test/b", True),
        ("http://a.test/b", "http://a.test/b", False),
        ("https://a.test:8443/b", "https://a.test:8443/b", False),
        ("https://a.test.evil.test/", "https://a.test.evil.test/", False),
        ("//evil.test/b", "https://evil.test/b", False),
    ],
)
def test_what_goes_along_with_a_redirect(location: str, url: str, keeps: bool) -> None:
    onward = redirected(Request("GET", "https://a.test/a", None, SECRET), 302, location)
    assert onward is not None
    assert (
        onward.url == url.replace("//evil", "https://evil", 1) if url.startswith("//") else onward.url == url
    )
    assert (onward.options.authentication is not None) == keeps
    assert set(onward.options.headers) == (
        {"Accept-Language", "X-Key", "Cookie"} if keeps else {"Accept-Language"}
    )


@pytest.mark.parametrize(
    "location",
    [
        None,
        "",
        "ftp://a.test/",
        "file:///etc/passwd",
        "https://ann:pw@a.test/",
        "https://@a.test/",
        "http://",
        "http://[",
        "https://a.test:99999/",
        "https://a..test/",
        f"https://{'a' * 64}.test/",
    ],
)
def test_where_no_redirect_leads(location: str | None) -> None:
    assert redirected(Request("GET", "https://a.test/a"), 302, location) is None


def test_only_safe_methods_follow() -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert redirected(Request(method, "https://a.test/a", {}), 307, "/b") is None
    assert redirected(Request("HEAD", "https://a.test/a"), 307, "/b") is not None


@given(st.text(max_size=60))
def test_a_shown_url_has_no_credentials_and_no_line_breaks(text: str) -> None:
    shown = safe_url(f"https://ann:swordfish@api.test/{text}?q=swordfish")
    assert "\n" not in shown
    assert "\r" not in shown
    assert "ann:swordfish" not in shown


def test_origins() -> None:
    assert origin("https://A.test/") == origin("https://a.test:443") == ("https", "a.test", 443)
