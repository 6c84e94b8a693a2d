"""What every `Logger` promises."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from infra_ref.contract import Contract, rule, tool
from infra_ref.observability.contracts.secret_corpus import IN_TEXTS, SECRET
from infra_ref.observability.port import Logger


class LoggerContract(Contract):
    """Needs `written`, a method that returns the lines which the logger wrote so far."""

    port = Logger
    written: Any = tool("a method that returns the lines written so far")
    fail: Any = tool("a method that makes the output fail from now on")

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

    @rule("LOG-04", "a secret within a text is gone: in URLs, headers and assignments; keys, tokens, cookies")
    async def by_looks(self, logger: Logger, written: Any) -> None:
        for text, _ in IN_TEXTS:
            logger.warning(text, said=text)
        assert len(_lines(written)) == len(IN_TEXTS)
        all_lines = " ".join(_lines(written))
        assert [text for text, secret in IN_TEXTS if secret in all_lines] == []

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

    @rule("LOG-09", "what a block binds is in its records and in no others; a record's own field counts")
    async def binds(self, logger: Logger, written: Any) -> None:
        with logger.bound(request="r1", step="outer"):
            logger.info("within", step="own")
            with logger.bound(step="inner"):
                logger.info("deeper")
        logger.info("after")
        within, deeper, after = _lines(written)
        assert ["r1" in line for line in (within, deeper, after)] == [True, True, False]
        assert ("own" in within, "outer" in within, "inner" in deeper) == (True, False, True)

    @rule("LOG-10", "the end of a block removes what it bound and nothing else, whichever block ends first")
    async def removes_its_own(self, logger: Logger, written: Any) -> None:
        with logger.bound(tenant="t1"):
            first, second = logger.bound(request="r1", tenant="t2"), logger.bound(user="u1", tenant="t3")
            first.__enter__()
            second.__enter__()
            first.__exit__(None, None, None)
            logger.info("in the second")
            second.__exit__(None, None, None)
            logger.info("in neither")
        in_second, in_neither = _lines(written)
        assert [part in in_second for part in ("u1", "t3", "r1", "t2")] == [True, True, False, False]
        assert [part in in_neither for part in ("t1", "u1", "r1", "t2", "t3")] == [True] + [False] * 4

    @rule("LOG-11", "what a task binds reaches the tasks that it starts, and none beside it")
    async def own_task(self, logger: Logger, written: Any) -> None:
        async def started() -> None:
            logger.info("started", by="task-a")

        async def task(name: str) -> None:
            with logger.bound(request=f"request-{name}"):
                await asyncio.sleep(0)
                logger.info("bound", by=f"task-{name}")
                if name == "a":
                    await asyncio.create_task(started())

        await asyncio.gather(task("a"), task("b"))
        logger.info("outside", by="nobody")
        for line in _lines(written):
            for name in "ab":
                assert (f"request-{name}" in line) == (f"task-{name}" in line)

    @rule("LOG-12", "a record of a huge or endless value is bounded", full=True)
    async def bounded(self, logger: Logger, written: Any) -> None:
        deep = _deep(1500)  # Python recurses 1,000 times; freeing 5,000 ends the interpreter of a browser
        logger.info("a", wide=[["x" * 1000] * 1000] * 1000, long="y" * 10_000_000, deep=deep)
        (line,) = _lines(written)
        assert len(line) < 2_000_000

    @rule("LOG-13", "an output that fails makes it raise nothing", full=True)
    async def output_fails(self, logger: Logger, fail: Any) -> None:
        logger.info("before")
        fail()
        logger.info("after")
        logger.error("after", error=ValueError())

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
