"""What a unit of work must do, in plain dicts: who read what, who wrote what, and what then fits."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import count
from typing import NamedTuple


class Row(NamedTuple):
    """A committed row. `stamp` tells it from a later row of the same key and version."""

    balance: int
    version: int
    stamp: int


class Impossible(Exception):
    """The store would have let this one wait."""


@dataclass
class Known:
    """What a unit knows of a key: its row's version and balance, and the balance to be; None if removed."""

    version: int | None
    stored: int | None
    balance: int | None

    @property
    def writes(self) -> str | None:
        if self.balance is None:
            return "delete" if self.version is not None else None
        if self.version is None:
            return "insert"
        return "update" if self.balance != self.stored else None


@dataclass
class View:
    """A unit in the model. `written` are the keys flushed, each with the row that others saw then.

    `locked` are those that it tried to write: a refusal does not give their locks back.
    """

    known: dict[str, Known] = field(default_factory=dict)
    written: dict[str, Row | None] = field(default_factory=dict)
    locked: set[str] = field(default_factory=set)
    events: dict[str, list[int]] = field(default_factory=dict)
    held: bool = False
    refused: bool = False
    snapshot: dict[str, Row] | None = None
    savepoints: list[View] = field(default_factory=list)

    def changes(self) -> list[str]:
        return [key for key, one in self.known.items() if one.writes]


class Model:
    """The committed rows and the open units. `waits` says what the store makes its writers wait for."""

    def __init__(self, waits: str) -> None:
        self.waits = waits
        self.rows: dict[str, Row] = {}
        self.views: dict[int, View] = {}
        self._stamps = count()

    def may_write(self, keys: Iterable[str], *who: int) -> bool:
        """Return whether these can write the keys without waiting for some other unit."""
        others = [view for n, view in self.views.items() if n not in who and view.held]
        if self.waits == "for rows":
            return not any(key in view.locked for key in keys for view in others)
        return self.waits == "for nobody" or not others

    def seen_by(self, view: View) -> dict[str, Row]:
        """Return what a unit sees of others; in memory, once it has flushed, that moment."""
        return self.rows if view.snapshot is None else view.snapshot

    def get(self, n: int, key: str) -> int | None:
        view = self.views[n]
        if (one := view.known.get(key)) is None or (one.balance is None and one.version is None):
            if key in view.written or key not in self.seen_by(view):
                return None
            row = self.seen_by(view)[key]
            one = view.known[key] = Known(row.version, row.balance, row.balance)
        return one.balance

    def find(self, n: int, least: int) -> dict[str, int | None]:
        """Return by key what a query of the unit gives, after its flush."""
        view = self.views[n]
        there = {key: row.balance for key, row in self.seen_by(view).items() if key not in view.written}
        own = {key: view.known[key].balance for key in view.written}
        there |= {key: balance for key, balance in own.items() if balance is not None}
        return {key: self.get(n, key) for key in sorted(there) if there[key] >= least}

    def hold(self, n: int) -> None:
        view = self.views[n]
        if not view.held and self.waits == "for nobody":
            view.snapshot = dict(self.rows)
        view.held = True

    def flush(self, n: int) -> bool:
        """Write the unit's changes into its transaction; return whether they fit."""
        view = self.views[n]
        if not (keys := view.changes()):
            return True
        self.hold(n)
        view.locked.update(keys)
        if not all(self._fits(view, key) for key in keys):
            view.refused = True
            return False
        for key in keys:
            self._write(view, key)
        return True

    def commit(self, n: int) -> bool:
        """Return whether it fits; the unit is over either way. Raises Impossible."""
        view = self.views.pop(n)
        keys = view.changes()
        fits = all(self._fits(view, key) for key in keys)
        for key in keys if fits else ():
            self._write(view, key)
        for key, then in view.written.items() if fits else ():
            if self.rows.get(key) != then and (then is not None or view.known[key].version is not None):
                if self.waits != "for nobody":
                    raise Impossible
                fits = False
        for key, then in view.written.items() if fits else ():
            one = view.known[key]
            if one.version is None:
                if then is not None:
                    del self.rows[key]
            else:
                self.put(key, one.balance or 0, one.version)
        return fits

    def savepoint(self, n: int) -> bool:
        if fits := self.flush(n):
            self.hold(n)
            self.views[n].savepoints.append(deepcopy(self.views[n]))
        return fits

    def release(self, n: int) -> bool:
        """Leave a savepoint by its end; return whether no refusal comes up only now."""
        seen = self.views[n].refused
        fits = not seen and self.flush(n)
        if fits:
            self.views[n].savepoints.pop()
        else:
            self.undo(n)
        return fits or seen

    def undo(self, n: int) -> None:
        held = self.views[n].savepoints
        self.views[n] = held.pop()
        self.views[n].savepoints = held

    def put(self, key: str, balance: int, version: int) -> None:
        self.rows[key] = Row(balance, version, next(self._stamps))

    def _fits(self, view: View, key: str) -> bool:
        if key in view.written:
            return True
        one, row = view.known[key], self.seen_by(view).get(key)
        return row is None if one.writes == "insert" else row is not None and row.version == one.version

    def _write(self, view: View, key: str) -> None:
        one = view.known[key]
        view.written.setdefault(key, self.seen_by(view).get(key))
        one.version = None if one.balance is None else (one.version or 0) + 1
        one.stored = one.balance
