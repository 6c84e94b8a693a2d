"""What every `Logger` promises."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from infra_ref.contract import Contract, rule, tool
from infra_ref.observability.port import Logger

SECRET = "swordfish"


class LoggerContract(Contract):
    """Needs `written`, a method that returns the lines which the logger wrote so far."""

    port = Logger
    written: Any = tool("a method that returns the lines written so far")

    @rule("LOG-01", "a record has its message and its fields")
    async def writes(self, logger: Logger, written: Any) -> None:
        logger.info("a call succeeded", attempt=2, peer="shop")
        (line,) = _lines(written)
        assert all(part in line for part in ("a call succeeded", "attempt", "2", "peer", "shop"))

    @rule("LOG-02", "each level writes a record, in the order of the calls")
    async def levels(self, logger: Logger, written: Any) -> None:
        for write in (logger.debug, logger.info, logger.warning, logger.error):
            write(f"by {write.__name__}")
        assert [line.count("by ") for line in _lines(written)] == [1] * 4
        order = [
            name
            for line in _lines(written)
            for name in ("debug", "info", "warning", "error")
            if f"by {name}" in line
        ]
        assert order == ["debug", "info", "warning", "error"]

    @rule("LOG-03", "a secret under its name is gone, however deep: in mappings, lists and objects")
    async def by_name(self, logger: Logger, written: Any) -> None:
        headers = {"Authorization": f"Bearer {SECRET}", "x-api-key": SECRET, "accept": "text/html"}
        logger.info("a", calls=[{"headers": headers, "auth": {"password": SECRET}}], session_id=SECRET)
        (line,) = _lines(written)
        assert SECRET not in line
        assert "text/html" in line

    @rule("LOG-04", "a secret within a text is gone: in URLs, queries, headers and assignments")
    async def by_looks(self, logger: Logger, written: Any) -> None:
        texts = (
            f"GET https://ann:{SECRET}@api.test/a failed",
            f"GET https://api.test/a?page={SECRET}",
            f"sent Authorization: Bearer {SECRET}",
            f"password={SECRET}",
        )
        for text in texts:
            logger.warning(text, said=text)
        assert len(_lines(written)) == len(texts)
        assert SECRET not in " ".join(_lines(written))

    @rule("LOG-05", "an error shows its type, and neither secrets of its text nor values of variables")
    async def errors(self, logger: Logger, written: Any) -> None:
        try:
            local = SECRET
            raise ConnectionError(f"cannot reach redis://:{local}@cache.test:6379")
        except ConnectionError as error:
            logger.error("the cache is away", error=error)
        (line,) = _lines(written)
        assert "ConnectionError" in line
        assert "cache.test" in line
        assert SECRET not in line

    @rule("LOG-06", "a line break in a message or field forges no record")
    async def forged(self, logger: Logger, written: Any) -> None:
        logger.info("user said hello\n{'level': 'error'}\x1b[2J", name="a\r\nb\u2028c\x00")
        lines = _lines(written)
        assert len(lines) == 1
        assert lines[0].isprintable()

    @rule("LOG-07", "nothing that it is given makes it raise", full=True)
    async def never_raises(self, logger: Logger, written: Any) -> None:
        class Bad(Exception):
            def __str__(self) -> str:
                raise ZeroDivisionError

            __repr__ = __str__

        ring: list[Any] = []
        ring.append(ring)
        logger.info(
            "100 % of %s", value=Bad(), ring=ring, key={Bad(): 1}, deep=_deep(100), raw=b"\xff", half="\ud800"
        )
        logger.error("an error without a readable message", error=Bad())
        assert len(_lines(written)) == 2

    @rule("LOG-08", "tasks that log at once write whole records")
    async def concurrent(self, logger: Logger, written: Any) -> None:
        async def log(number: int) -> None:
            logger.info("logged", number=number)
            await asyncio.sleep(0)
            logger.info("logged", number=number)

        await asyncio.gather(*(log(number) for number in range(20)))
        assert len(_lines(written)) == 40


def _lines(written: Any) -> Sequence[str]:
    lines: Sequence[str] = written()
    return lines


def _deep(levels: int) -> dict[str, Any]:
    inner: dict[str, Any] = {}
    for _ in range(levels):
        inner = {"in": inner}
    return inner
