"""The exercises of the notebook on observability, in its order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from infra_ref.workbench.teaching.exercise import Check, Exercise, Wrong

Redact = Callable[[Any], Any]


async def finds_names(redact: Redact) -> None:
    """Check what stands at the top."""
    assert redact({"password": "swordfish", "user": "ann"}) == {"password": "***", "user": "ann"}


async def any_case(redact: Redact) -> None:
    """Check a header."""
    assert redact({"Authorization": "swordfish"}) == {"Authorization": "***"}


async def looks_inside(redact: Redact) -> None:
    """Check what lies deeper."""
    assert redact({"calls": [{"token": "swordfish"}]}) == {"calls": [{"token": "***"}]}


async def leaves_alone(redact: Redact) -> None:
    """Check that the caller's data is the caller's."""
    given = {"headers": {"token": "swordfish"}}
    redact(given)
    assert given == {"headers": {"token": "swordfish"}}


REDACT = Exercise(
    id="observability/redact",
    title="Secrets, however deep",
    task="""
        Return a copy of `value` in which everything that goes under a secret name is `"***"`:
        in dicts, in lists, and in dicts within lists. `SECRET` has the names, in lower case.
    """,
    makes="hide",
    given='SECRET = {"password", "token", "authorization"}',
    frame="""
        def hide(value):
            if isinstance(value, dict):
                ____
            if isinstance(value, list):
                return [hide(one) for one in value]
            return value
    """,
    blank="return value",
    solution="""
        return {name: "***" if name.lower() in SECRET else hide(one) for name, one in value.items()}
    """,
    wrong=(
        Wrong(
            "the top alone",
            'return {name: "***" if name.lower() in SECRET else one for name, one in value.items()}',
            breaks=("THREE",),
            feedback="Headers lie in a request, and the request in a list. Call `hide` for each value.",
        ),
        Wrong(
            "the exact name",
            'return {name: "***" if name in SECRET else hide(one) for name, one in value.items()}',
            breaks=("TWO",),
            feedback="Names of headers know no case: `name.lower()`.",
        ),
        Wrong(
            "in place",
            """
            for name in value:
                value[name] = "***" if name.lower() in SECRET else hide(value[name])
            return value
            """,
            breaks=("FOUR",),
            feedback="It is the caller's own dict: the next request goes out with stars for a token.",
        ),
    ),
    hints=(
        "A dict comprehension over `value.items()` makes the copy.",
        "For each value there are two cases: the name is secret, or `hide` looks into the value.",
    ),
    notice="`decisions/redaction.py` also looks into texts, for a URL has its secrets without a name.",
    checks=(
        Check("ONE", "a secret is gone, what is none stays", finds_names),
        Check("TWO", "in capitals too", any_case),
        Check("THREE", "in lists and deeper", looks_inside),
        Check("FOUR", "what was given is as it was", leaves_alone),
    ),
)
