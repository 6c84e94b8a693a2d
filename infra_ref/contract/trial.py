"""One rule tried on one fresh adapter: whatever the adapter does comes out as a verdict."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

from infra_ref.contract.blocking import Blocked
from infra_ref.contract.error_text import error_text, first_of
from infra_ref.contract.event_loop import GRACE
from infra_ref.contract.explain import Broken
from infra_ref.contract.report import Verdict
from infra_ref.contract.rule import Rule, Tool, unknown_numbers

if TYPE_CHECKING:
    from infra_ref.contract.contract import Contract

LATE = 0.5
"""Seconds by which the event loop notices the end of a rule's time later than it should if it is blocked."""


class Trial:
    """`bench` is a contract that knows how to make its adapter."""

    def __init__(self, bench: Contract, rule: Rule) -> None:
        self._bench, self._rule = bench, rule
        self._doing = ""
        self._declined = ""

    async def verdict(self) -> Verdict:
        """Try the rule. Raises only when cancelled from outside, and KeyboardInterrupt."""
        verdict = await self._in_time()
        if not self._declined or verdict.outcome == "exempt":
            return verdict
        if verdict.outcome == "broken":
            return Verdict(self._rule, "exempt", self._declined)
        return self._broken(f"it holds, though declined ({self._declined}): take it out of `lacks`")

    async def _in_time(self) -> Verdict:
        seconds, began = self._bench.seconds_per_rule, time.monotonic()
        trying = asyncio.create_task(self._try())
        try:
            await asyncio.wait({trying}, timeout=seconds)
            in_time, late = trying.done(), time.monotonic() - began - seconds
        finally:
            if not trying.done():
                trying.cancel()
                await asyncio.wait({trying}, timeout=GRACE)
        if not in_time:
            why = "" if late < LATE else ", because it blocks the event loop as time.sleep does: await"
            stuck = "" if trying.done() else ", and it does not stop when cancelled"
            return self._broken(f"no answer within {seconds:g} s{self._doing}{why}{stuck}", hung=True)
        if trying.cancelled():
            return self._broken("cancelled from within")
        return trying.result()

    async def _try(self) -> Verdict:
        verdict = unfinished = self._broken("cancelled from within")
        self._doing = " while making the adapter"
        try:
            async with self._bench._open() as adapter:
                self._doing = ""
                verdict = await self._check(adapter)  # raises nothing that __aexit__ could swallow
                self._doing = " while closing the adapter"
        except BaseException as error:
            if not _is_the_adapters(error):
                raise
            if verdict is unfinished or verdict.outcome != "broken":
                verdict = self._from(error)
        return verdict

    async def _check(self, adapter: Any) -> Verdict:
        try:
            if wants := self._bench.wants():
                raise TypeError(wants)
            lacks = self._lacks(adapter)
            for name in (*self._rule.needs, *self._rule.tools):
                if name in lacks:
                    return Verdict(self._rule, "exempt", lacks[name])
            tools = {name: self._tool(name) for name in self._rule.tools}
            for name, tool in tools.items():
                if isinstance(tool, Tool):
                    return Verdict(self._rule, "exempt", f"the test bench has no `{name}` ({tool.says})")
            self._declined = lacks.get(self._rule.number, "")
            await self._rule.check(self._bench, adapter, **tools)
        except BaseException as error:
            if not _is_the_adapters(error):
                raise
            return self._from(error)
        return Verdict(self._rule, "holds")

    def _lacks(self, adapter: Any) -> dict[str, str]:
        """Return what is exempt. Raises TypeError for a number of this contract's that no rule has."""
        own = getattr(adapter, "lacks", {})
        numbers = [one.number for one in self._bench.rules()]
        families = {number.partition("-")[0] for number in numbers}  # others are of another contract
        unknown = [one for one in unknown_numbers(own, numbers) if one.partition("-")[0] in families]
        if unknown:
            raise TypeError(
                f"`lacks` of {type(adapter).__name__} names {', '.join(unknown)}, "
                f"which is no rule of {self._bench._contract_name()}"
            )
        return {**own, **self._bench.lacks}

    def _tool(self, name: str) -> Any:
        if not hasattr(type(self._bench), name) and name not in vars(self._bench):
            raise TypeError(
                f"{self._rule.number} asks for `{name}`, which {self._bench._contract_name()} does not "
                f"declare: write {name} = tool('what it is') there"
            )
        return getattr(self._bench, name)

    def _from(self, error: BaseException) -> Verdict:
        first = first_of(error)
        hung = isinstance(first, Blocked)
        if isinstance(first, Broken) and not self._doing:
            return self._broken(first.seen, first.expected, error=first)
        return self._broken(error_text(first, self._rule, self._doing), error=error, hung=hung)

    def _broken(
        self, seen: str, expected: str = "", error: BaseException | None = None, hung: bool = False
    ) -> Verdict:
        return Verdict(self._rule, "broken", seen, expected, error, hung)


def _is_the_adapters(error: BaseException) -> bool:
    """Return whether the adapter raised it: no cancellation, no Ctrl-C, no end of an abandoned coroutine."""
    if isinstance(error, GeneratorExit):
        return _loop_runs()
    return not isinstance(error, asyncio.CancelledError | KeyboardInterrupt)


def _loop_runs() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
