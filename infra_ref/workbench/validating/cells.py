"""The pytest plug-in in nbval's process: writes down what became of each cell, in few words.

It also ends the wait for a kernel that has died: nbval waits for a cell's answer
without asking whether anybody is left to give it.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Generator
from pathlib import Path
from queue import Empty
from typing import Any

import pytest

_LOOK = 0.5
"""Seconds between two looks at the kernel."""

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_LONG = 160


def pytest_addoption(parser: pytest.Parser) -> None:
    """Take the name of the file to write to."""
    parser.addoption("--cells-to", metavar="FILE")


def pytest_configure(config: pytest.Config) -> None:
    """Notice a dead kernel."""
    from nbval.kernel import RunningKernel  # type: ignore[import-untyped]  # it has no types

    waiting = RunningKernel.get_message

    def get_message(self: Any, stream: str, timeout: float | None = None) -> Any:
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            left = _LOOK if until is None else min(_LOOK, max(until - time.monotonic(), 0.0))
            try:
                return waiting(self, stream, timeout=left)
            except Empty:
                if not self.is_alive():
                    raise RuntimeError("the kernel died") from None
                if until is not None and time.monotonic() >= until:
                    raise

    RunningKernel.get_message = get_message


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Write down a cell once it has run, or could not even start."""
    report = yield
    cell: int | None = getattr(item, "cell_num", None)
    if cell is not None and (call.when == "call" or call.excinfo is not None):
        error = call.excinfo.value if call.excinfo is not None else None
        skipped = report.outcome == "skipped"
        found = {} if error is None or skipped else told(item, error)
        known = {"notebook": str(item.path), "cell": cell + 1, "seconds": call.duration, **found}
        with Path(str(item.config.getoption("--cells-to"))).open("a", encoding="utf-8") as out:
            out.write(json.dumps(known) + "\n")
    return report


def told(item: Any, error: BaseException) -> dict[str, str]:
    """Say what went wrong in a cell: what was expected, and the first difference that was seen."""
    outputs = item.test_outputs or []
    raised = next((one for one in outputs if one["output_type"] == "error"), None)
    text = _COLOUR.sub("", str(error))
    if text == "Cell outputs differ":
        wanted, seen = first_difference(shown(item.cell.outputs), shown(outputs))
        return {"what": "shows something else", "expected": wanted, "seen": seen}
    if raised is not None and raised["ename"] != "KeyboardInterrupt":
        said = f"{raised['ename']}: {_COLOUR.sub('', raised['evalue'])}"
        return {"what": "raised an error", "expected": "no error", "seen": said.splitlines()[0][:_LONG]}
    if "Timeout" in text:
        return {"what": "took too long", "expected": f"an end in {item.config.option.nbval_cell_timeout:g} s"}
    if "kernel died" in text or "Kernel dead" in text:
        return {"what": "lost its kernel", "expected": "a kernel that lives", "seen": "it died"}
    return {
        "what": "could not be run",
        "seen": (text.strip().splitlines() or [type(error).__name__])[0][:_LONG],
    }


def shown(outputs: list[Any]) -> list[str]:
    """Return the lines that a person would compare: of each output its text, of a page also the markup."""
    lines: list[str] = []
    for output in outputs:
        if output["output_type"] == "stream":
            lines += output["text"].splitlines()
        elif output["output_type"] == "error":
            lines.append(f"{output['ename']}: {output['evalue']}")
        else:
            data = output.get("data", {})
            for kind in sorted(data, key=lambda kind: (kind != "text/plain", kind)):
                if not kind.startswith("image/") and "widget-view" not in kind:
                    lines += str(data[kind]).splitlines()
    return lines


def first_difference(wanted: list[str], seen: list[str]) -> tuple[str, str]:
    """Return the first line that differs, around the place where it does."""
    for one, other in zip([*wanted, "nothing more"], [*seen, "nothing more"], strict=False):
        if one != other:
            at = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), 0)
            return _around(one, at), _around(other, at)
    return "the same kinds of output", "others, or another number of them"


def _around(line: str, at: int) -> str:
    if len(line) <= _LONG:
        return line
    start = max(0, at - 40)
    return ("…" if start else "") + line[start : start + _LONG - 2] + "…"
