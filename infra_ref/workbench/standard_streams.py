"""Output and error stream that can be closed, full or in ASCII, without a traceback for it."""

from __future__ import annotations

import codecs
import io
import os
import sys
from typing import Any

from infra_ref.workbench.refused import Refused

SIGNS = {"✓": "+", "✗": "x", "–": "-", "·": "-", "’": "'", "…": "..."}
"""What is printed in place of a sign that a terminal does not know; for any other it is a question mark."""


def prepare() -> None:
    """Replace both: what is written to a full disk is Refused, once; a reader who left is no error."""
    codecs.register_error("infra_ref.signs", _plainer)
    if sys.stdout is None or sys.stdout is sys.__stdout__:
        sys.stdout = _stream(sys.stdout, "infra_ref.signs", tells=True)
    if sys.stderr is None or sys.stderr is sys.__stderr__:
        sys.stderr = _stream(sys.stderr, "backslashreplace", tells=False)


def _stream(given: Any, errors: str, *, tells: bool) -> io.TextIOWrapper:
    if given is None:  # closed, as by >&-
        return os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8")
    given.flush()
    raw = _Leaving(given.fileno(), tells=tells)
    buffered = given.line_buffering or not tells
    return io.TextIOWrapper(
        io.BufferedWriter(raw), given.encoding, errors, newline=None, line_buffering=buffered
    )


class _Leaving(io.RawIOBase):
    """A file descriptor that is written to for as long as that works."""

    def __init__(self, descriptor: int, *, tells: bool) -> None:
        self._descriptor, self._tells, self._works = descriptor, tells, True

    def write(self, data: Any, /) -> int:
        if self._works:
            try:
                return os.write(self._descriptor, data)
            except OSError as error:
                self._works = False
                if self._tells and not isinstance(error, BrokenPipeError):
                    raise Refused(f"the output could not be written: {error.strerror}.") from error
        return len(data)

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)


def _plainer(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(SIGNS.get(sign, "?") for sign in error.object[error.start : error.end]), error.end
