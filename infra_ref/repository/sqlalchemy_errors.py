"""What a driver's exception means, in the words of the port."""

from __future__ import annotations

from typing import Any, Literal

from sqlalchemy import Table
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from infra_ref.repository.errors import Conflict, OutcomeUnknown, Unavailable, Unusable, WriteFailure

ERRORS = (SQLAlchemyError, OSError)
"""What a database may raise; TimeoutError is an OSError."""

# https://www.postgresql.org/docs/current/errcodes-appendix.html and https://www.sqlite.org/rescode.html
_CHOSEN_AS_LOSER = ("40001", "40P01")
_PASSING = (
    *("08", "53", "57"),  # connection, insufficient resources, operator intervention
    *("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_FULL"),
)


def failure_of(error: Exception, doing: str, *, committing: bool = False) -> WriteFailure:
    """Return the failure; `committing`, a lost answer leaves the outcome unknown."""
    code = _code(error)
    cut = isinstance(error, DBAPIError) and error.connection_invalidated
    if code in _CHOSEN_AS_LOSER:
        return Conflict(cause=error)
    if committing and (cut or code in ("", "SQLITE_IOERR_FSYNC")):
        return OutcomeUnknown(doing, cause=error)
    unreached = not code and isinstance(error, OperationalError | PoolTimeoutError | OSError)
    passing = cut or unreached or code.startswith(_PASSING)
    return (Unavailable if passing else Unusable)(doing, cause=error)


def violation(error: IntegrityError) -> Literal["unique", "reference"] | None:
    """Return which rule between rows was broken, None for any other."""
    match _code(error):
        case "23505" | "SQLITE_CONSTRAINT_UNIQUE" | "SQLITE_CONSTRAINT_PRIMARYKEY":
            return "unique"
        case "23503" | "SQLITE_CONSTRAINT_FOREIGNKEY":
            return "reference"
        case _:
            return None


def unique_fields(error: IntegrityError, table: Table) -> str:
    """Return the fields of the table that must be unique, with commas; else the constraint's own name."""
    broken = _constraint(error)
    rules: Any = (*table.constraints, *table.indexes)
    for rule in rules:
        fields = list(rule.columns.keys())
        kind = ["pkey"] if rule is table.primary_key else [*fields, "key"]
        name = rule.name or "_".join([table.name, *kind])
        if broken in (name, ", ".join(f"{table.name}.{field}" for field in fields)):
            return ", ".join(fields)
    return broken


def _constraint(error: IntegrityError) -> str:
    """Return PostgreSQL's name of the broken constraint, or SQLite's `table.column, table.column`."""
    if not getattr(error.orig, "sqlstate", None):
        return str(error.orig).rpartition(": ")[2]
    driver: Any = error.orig if hasattr(error.orig, "diag") else getattr(error.orig, "__cause__", None)
    return getattr(getattr(driver, "diag", driver), "constraint_name", None) or ""


def _code(error: Exception) -> str:
    """Return PostgreSQL's code or SQLite's name of the error, empty if the driver gave none."""
    driver = getattr(error, "orig", None)
    return getattr(driver, "sqlstate", None) or getattr(driver, "sqlite_errorname", None) or ""
