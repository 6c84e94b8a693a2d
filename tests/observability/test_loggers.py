"""Loggers are held to their contract, each rule has a broken one, and redaction its properties."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

import pytest
import structlog
from hypothesis import example, given
from hypothesis import strategies as st

from infra_ref.contract import run
from infra_ref.observability.contracts.logger_contract import LoggerContract
from infra_ref.observability.decisions import log_context
from infra_ref.observability.decisions.log_context import in_context
from infra_ref.observability.decisions.redaction import GONE, about_error, is_secret, redact, redact_text
from infra_ref.observability.port import Fields, Level, Logger
from infra_ref.observability.structlog_logger import StructlogLogger
from infra_ref.observability.testing.recording_logger import Record, RecordingLogger
from tests.observability import test_recording_logger_contract as recording
from tests.observability import test_stdlib_logger_contract as stdlib


class Keeps(RecordingLogger):
    """Keeps what `kept` makes of a record."""

    def kept(self, level: Level, message: str, fields: dict[str, Any]) -> list[Record]:
        return [Record(level, redact_text(message), redact(fields))]

    def log(self, level: Level, message: str, fields: Fields, error: BaseException | None, /) -> None:
        self.records += self.kept(level, message, in_context(fields) | about_error(error))


class NoFields(Keeps):
    def kept(self, level: Level, message: str, fields: dict[str, Any]) -> list[Record]:
        return super().kept(level, message, {} if "peer" in fields else fields)


class NoDebug(Keeps):
    def kept(self, level: Level, message: str, fields: dict[str, Any]) -> list[Record]:
        return [] if level == "debug" else super().kept(level, message, fields)


class Shallow(Keeps):
    def kept(self, level: Level, message: str, fields: dict[str, Any]) -> list[Record]:
        if isinstance(fields.get("calls"), list):
            return [
                Record(
                    level, redact_text(message), {**redact({**fields, "calls": 0}), "calls": fields["calls"]}
                )
            ]
        return super().kept(level, message, fields)


class RawMessage(Keeps):
    def kept(self, level: Level, message: str, fields: dict[str, Any]) -> list[Record]:
        return [Record(level, message if message.isprintable() else redact_text(message), redact(fields))]


class RawError(Keeps):
    def error(self, message: str, /, *, error: BaseException | None = None, **fields: Any) -> None:
        super().error(message, error=error, **fields)
        if isinstance(error, ConnectionError):
            self.records[-1].fields["why"] = str(error)


class SplitsLines(Keeps):
    def kept(self, level: Level, message: str, fields: dict[str, Any]) -> list[Record]:
        lines = message.split("\n") if message.startswith("user") else [message]
        return [Record(level, redact_text(line), redact(fields)) for line in lines]


class Raises(Keeps):
    def kept(self, level: Level, message: str, fields: dict[str, Any]) -> list[Record]:
        str(fields.get("value"))
        return super().kept(level, message, fields)


class Drops(Keeps):
    def kept(self, level: Level, message: str, fields: dict[str, Any]) -> list[Record]:
        again = (
            bool(self.records) and self.records[-1].message == message == "logged" and len(self.records) > 30
        )
        return [] if again else super().kept(level, message, fields)


class BoundCounts(Keeps):
    def kept(self, level: Level, message: str, fields: dict[str, Any]) -> list[Record]:
        (record,) = super().kept(level, message, fields)
        record.fields.update({"step": "outer"} if message == "within" else {})
        return [record]


class Resets(Keeps):
    def bound(self, **fields: Any) -> AbstractContextManager[None]:
        return self._reset(fields)

    @contextmanager
    def _reset(self, fields: dict[str, Any]) -> Iterator[None]:
        before = log_context._BOUND.get()
        log_context._BOUND.set((*before, fields))
        yield
        log_context._BOUND.set(before)


class Shared(Keeps):
    """Keeps one context for all tasks."""

    def __init__(self) -> None:
        super().__init__()
        self._bound: list[dict[str, Any]] = []

    @contextmanager
    def bound(self, **fields: Any) -> Iterator[None]:
        self._bound.append(fields)
        yield
        self._bound.remove(fields)

    def kept(self, level: Level, message: str, fields: dict[str, Any]) -> list[Record]:
        for bound in reversed(self._bound):
            fields = bound | fields
        return [Record(level, redact_text(message), redact(fields))]


class Endless(Keeps):
    def kept(self, level: Level, message: str, fields: dict[str, Any]) -> list[Record]:
        (record,) = super().kept(level, message, fields)
        if "wide" in fields:
            record.fields["long"] = fields["long"]
        return [record]


BROKEN: dict[str, type[RecordingLogger]] = {
    "LOG-01": NoFields,
    "LOG-02": NoDebug,
    "LOG-03": Shallow,
    "LOG-04": RawMessage,
    "LOG-05": RawError,
    "LOG-06": SplitsLines,
    "LOG-07": Raises,
    "LOG-08": Drops,
    "LOG-09": BoundCounts,
    "LOG-10": Resets,
    "LOG-11": Shared,
    "LOG-12": Endless,
}


class LetsItRaise(stdlib.StdlibLogger):
    def log(self, level: Level, message: str, fields: Fields, error: BaseException | None, /) -> None:
        super().log(level, message, fields, error)
        if any(getattr(handler, "fails", False) for handler in self._logger.handlers):
            raise OSError


def test_a_logger_that_its_output_makes_raise_breaks_just_its_rule() -> None:
    report = run(type("Held", (stdlib.TestStdlibLogger,), {"kind": LetsItRaise}).verify())
    assert report.broken == ("LOG-13",), report


def test_what_could_not_be_written_is_told_without_what_it_held(capsys: pytest.CaptureFixture[str]) -> None:
    test = stdlib.TestStdlibLogger()
    logger = test.make()
    test.fail()
    logger.info("a", password="swordfish")
    assert capsys.readouterr().err == "a record was not written: OSError\n"


def test_each_rule_has_a_logger_that_breaks_it() -> None:
    assert sorted([*BROKEN, "LOG-13"]) == sorted(one.number for one in LoggerContract.rules())


@pytest.mark.parametrize("number", BROKEN)
def test_a_broken_logger_breaks_just_its_rule(number: str) -> None:
    held = type("Held", (recording.TestRecordingLogger,), {"kind": BROKEN[number]})
    report = run(held.verify())
    assert report.broken == (number,), report


def test_the_end_of_a_deep_stack_is_told_and_not_all_of_it() -> None:
    def sink(depth: int) -> None:
        if depth == 0:
            raise RecursionError("deep down")
        sink(depth - 1)

    test = stdlib.TestStdlibLogger()
    logger = test.make()
    try:
        sink(100)
    except RecursionError as error:
        logger.error("lost", error=error)
    at = json.loads(test.written()[0])["at"]
    assert (len(at), {frame.partition(":")[0] for frame in at}) == (20, {"sink"})


def test_a_level_that_is_off_costs_no_look_at_the_fields() -> None:
    class Looked(str):
        __slots__ = ()

        def isprintable(self) -> bool:
            raise AssertionError("looked at")

    test = stdlib.TestStdlibLogger()
    logger = test.make()
    logger._logger.setLevel(logging.INFO)
    logger.debug(Looked("a"))
    assert test.written() == []


def test_what_is_redacted_keeps_its_shape() -> None:
    assert sorted(redact({"ann", "bob"})) == ["ann", "bob"]
    assert redact((1, None, b"abc")) == [1, None, "(3 bytes)"]
    assert redact([("Authorization", "swordfish"), ("page", 2)]) == [["Authorization", GONE], ["page", 2]]
    assert redact({"ann\npassword": "swordfish"}) == {"ann\\npassword": GONE}
    assert redact({"https://ann:swordfish@a.test password": 1}) == {"https://***@a.test password": GONE}
    assert redact([[["deep"]]], depth=2) == [["..."]]
    assert redact([[["deep"]]], depth=3) == [[["deep"]]]


def test_a_line_is_json() -> None:
    test = stdlib.TestStdlibLogger()
    logger: Logger = test.make()
    logger.info("100 % done", parts=("a", 1), what={1: None})
    assert json.loads(test.written()[0]) == {"message": "100 % done", "parts": ["a", 1], "what": {"1": None}}


@dataclass
class Account:
    name: str
    key: str = field(repr=False, default="swordfish")
    api_token: str = "swordfish"


def test_dataclasses_are_shown_by_their_fields() -> None:
    assert redact(Account("ann")) == {"type": "Account", "name": "ann", "api_token": GONE}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=20,
)


@given(VALUES)
@example({"?\x1f=0": None})
def test_anything_can_be_redacted_and_twice_is_once(value: Any) -> None:
    once = redact(value)
    assert json.dumps(redact(once)) == json.dumps(once)


@given(
    st.sampled_from(
        [
            "password",
            "db_password",
            "Authorization",
            "X-Api-Key",
            "client_secret",
            "refresh_token",
            "Set-Cookie",
        ]
    ),
    st.integers(0, 5),
    st.booleans(),
)
def test_a_secret_is_found_at_any_depth(name: str, depth: int, in_list: bool) -> None:
    value: Any = {name: "swordfish"}
    for _ in range(depth):
        value = [value] if in_list else {"in": value}
    assert "swordfish" not in str(redact(value))
    assert is_secret(name)


@pytest.mark.parametrize("name", ["author", "passenger", "compass", "spin", "page", "user", "key"])
def test_plain_names_stay(name: str) -> None:
    assert not is_secret(name)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://app:pw@db.test:5432/shop", "postgresql://***@db.test:5432/shop"),
        ("redis://:pw@cache", "redis://***@cache"),
        ("see https://api.test/a?sig=x&b=1#top", "see https://api.test/a?sig=***&b=***#top"),
        ("Authorization: Basic YW5uOnB3", "Authorization: ***"),
        ('{"access_token": "abc", "id": 7}', '{"access_token": "***", "id": 7}'),
        ("eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.", "***"),
        ("mail ann@example.test", "mail ann@example.test"),
        ("basic idea", "basic idea"),
        ("3 tokens: ok", "3 tokens: ok"),
        ("one of 'token', 'user', 'pass', 'warn'", "one of 'token', 'user', 'pass', 'warn'"),
        ("2 pass: fine", "2 pass: fine"),
        ("see http://cache.test:80/a@b", "see http://cache.test:80/a@b"),
        ("Authorization: Token abc host: a", "Authorization: *** host: a"),
        ("token='a b', user='ann'", "token='***', user='ann'"),
    ],
)
def test_secrets_in_texts(text: str, shown: str) -> None:
    assert redact_text(text) == shown


def test_on_structlog_what_a_processor_adds_is_redacted_and_what_is_below_the_level_is_not_written() -> None:
    def adding(_: Any, __: str, record: Any) -> Any:
        return record | {"db_password": "swordfish", "store": "redis://:swordfish@cache.test"}

    output = StringIO()
    logger = StructlogLogger(structlog.PrintLogger(output), processors=[adding], least=logging.WARNING)
    logger.info("a call")
    logger.warning("a call failed")
    assert json.loads(output.getvalue()) == {
        "event": "a call failed",
        "level": "warning",
        "db_password": "***",
        "store": "redis://***@cache.test",
    }


def test_on_structlog_a_console_shows_what_is_redacted_and_what_others_bound() -> None:
    output = StringIO()
    plain = structlog.dev.ConsoleRenderer(colors=False)
    logger = StructlogLogger(structlog.PrintLogger(output), render=plain)
    with structlog.contextvars.bound_contextvars(theirs=1), logger.bound(ours=2, event="e"):
        logger.info("in", token="swordfish")
    assert output.getvalue().split() == ["[info", "]", "in", "event_=e", "ours=2", "theirs=1", "token=***"]
