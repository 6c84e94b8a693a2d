"""What a recorder keeps: one call, wait, note or state, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["call", "wait", "note", "state"]
Ended = Literal["open", "returned", "raised", "cancelled"]


@dataclass(slots=True)
class Recorded:
    """One call, wait or note.

    `caller` and `callee` are the names of parties; for a wait or a note they are
    the same. `began` and `ended` are seconds of the recorder's clock since it was
    made, `opened` and `closed` places in the order of all events; `ended` is None
    while the call is `open`. `told` is the answer or the error.
    """

    kind: Kind
    caller: str
    callee: str
    says: str
    began: float
    opened: int
    ended: float | None = None
    closed: int | None = None
    outcome: Ended = "open"
    told: str = ""
