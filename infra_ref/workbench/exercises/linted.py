"""A check by the linter, for exercises."""

from __future__ import annotations

import inspect
import textwrap
from typing import Any

from infra_ref.workbench.linting.project import lint_source
from infra_ref.workbench.linting.rules import ALL


async def finds_nothing(attempt: Any) -> None:
    """Check what `infra-ref lint` says. Where the source is not to be had, the damage alone is the judge."""
    try:
        source = textwrap.dedent(inspect.getsource(inspect.unwrap(attempt)))
    except (OSError, TypeError):
        return
    assert [f"line {one.line}: {one.code} {one.message}" for one in lint_source(source, rules=ALL)] == []
