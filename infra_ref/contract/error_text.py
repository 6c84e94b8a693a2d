"""An exception as the text of a verdict."""

from __future__ import annotations

import traceback

from infra_ref.contract.explain import readable
from infra_ref.contract.rule import Rule


def first_of(error: BaseException) -> BaseException:
    """Return the first leaf of an exception group; any other exception itself."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def error_text(error: BaseException, rule: Rule, doing: str = "") -> str:
    """Return the error, what it interrupted, and the line of the rule at which it came up."""
    text = type(error).__name__
    try:
        notes = "".join(f" ({note})" for note in getattr(error, "__notes__", ()))
        message = " ".join(line.strip() for line in str(error).splitlines()) + notes
        text = readable(f"{text}: {message}") if message else text
    except Exception:  # noqa: BLE001 - an error without a usable message is still a verdict
        text += " (its message cannot be read)"
    code = rule.check.__code__
    here = [
        frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == code.co_filename
    ]
    here = [frame for frame in here if frame.name == code.co_name] or here  # before a helper of the rule's
    return f"{text}{doing}   at: {here[-1].line or f'line {here[-1].lineno}'}" if here else text + doing
