"""Which definitions a cell should have made and did not, because it ended in an error.

After a syntax error a name still means what an earlier cell made of it; a judge
that took it would judge something the learner does not see any more.
"""

from __future__ import annotations

import re
import sys
from typing import Any

_DEFINES = re.compile(r"^(?:class|(?:async\s+)?def)\s+(\w+)", re.MULTILINE)

_failed: dict[str, str] = {}


def after_cell(source: str, error: BaseException | None) -> None:
    """Note how a cell ended. Whoever runs cells calls it; in IPython `follow` sees to that."""
    for name in _DEFINES.findall(source):
        if error is None:
            _failed.pop(name, None)
        else:
            _failed[name] = _said(error)


def failure(name: str) -> str:
    """Return how the last cell that should have defined `name` failed, or nothing if it did not."""
    return _failed.get(name, "")


def follow() -> None:
    """Have IPython, where it runs, tell of each cell. Calling it again changes nothing."""
    shell = _shell()
    if shell is not None and _ended not in shell.events.callbacks["post_run_cell"]:
        shell.events.register("post_run_cell", _ended)


def in_notebook() -> bool:
    """Whether cells are run here, by IPython or by a page."""
    return _shell() is not None or sys.platform == "emscripten"


def _shell() -> Any:
    return getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()


def _ended(result: Any) -> None:
    if result.info is not None:
        after_cell(result.info.raw_cell, result.error_before_exec or result.error_in_exec)


def _said(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return f"{type(error).__name__} in line {error.lineno}: {error.msg}"
    return f"{type(error).__name__}: {error}"
