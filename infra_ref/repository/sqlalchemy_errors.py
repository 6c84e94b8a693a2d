"""What a driver's exception means, in the words of the port."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, Literal

from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from infra_ref.repository.port import Conflict, OutcomeUnknown, Refused, Unavailable

# PostgreSQL's names for its codes: https://www.postgresql.org/docs/current/errcodes-appendix.html
_UNIQUE, _REFERENCE = "23505", "23503"
_CHOSEN_AS_LOSER = {"40001": "serialization_failure", "40P01": "deadlock_detected"}
_PASSING = {"08", "53", "57"}
"""Classes of codes that pass: connection, insufficient resources, operator intervention."""

_SQLITE_PASSING = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_FULL")


@contextmanager
def translated(doing: str, *, committing: bool = False) -> Generator[None]:
    """Raise what a driver raises as Refused; `committing`, a cut connection leaves the outcome unknown."""
    try:
        yield
    except (DBAPIError, PoolTimeoutError, OSError) as error:
        raise Refused(_meaning(error, doing, committing)) from error
    except SQLAlchemyError as error:
        raise Refused(Unavailable(doing, retryable=False, cause=error)) from error


def violation(error: IntegrityError) -> Literal["unique", "reference"] | None:
    """Return which promise between rows the database kept, None for any other."""
    state, name = _state(error), getattr(error.orig, "sqlite_errorname", "")
    if state == _UNIQUE or name in ("SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY"):
        return "unique"
    if state == _REFERENCE or name == "SQLITE_CONSTRAINT_FOREIGNKEY":
        return "reference"
    return None


def constraint(error: IntegrityError) -> str:
    """Return PostgreSQL's name of the broken constraint, or SQLite's `table.column`; empty if untold."""
    if (state := _state(error)) is None:
        return str(error.orig).rpartition(": ")[2]
    vendor: Any = error.orig if hasattr(error.orig, "diag") else getattr(error.orig, "__cause__", None)
    told = getattr(vendor, "diag", vendor)
    return (getattr(told, "constraint_name", None) or "") if state else ""


def _meaning(error: Exception, doing: str, committing: bool) -> Conflict | OutcomeUnknown | Unavailable:
    if not isinstance(error, DBAPIError):
        return OutcomeUnknown(doing, error) if committing else Unavailable(doing, cause=error)
    state = _state(error)
    if state in _CHOSEN_AS_LOSER:
        return Conflict()
    if committing and (error.connection_invalidated or state is None):
        return OutcomeUnknown(doing, error)
    name = getattr(error.orig, "sqlite_errorname", "")
    passing = error.connection_invalidated or name.startswith(_SQLITE_PASSING)
    passing = passing or (state or "")[:2] in _PASSING
    passing = passing or (
        isinstance(error, OperationalError) and not (state or name)
    )  # psycopg, not connected
    return Unavailable(doing, retryable=passing, cause=error)


def _state(error: DBAPIError) -> str | None:
    state: str | None = getattr(error.orig, "sqlstate", None)
    return state
