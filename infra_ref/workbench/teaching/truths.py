"""What was seen when a prediction was first revealed.

It is kept, so that a learner can go back and answer again after later cells have
changed what the reveal reads.
"""

from __future__ import annotations

import copy
from typing import Any

from infra_ref.workbench.teaching.definitions import in_notebook

_truths: dict[str, Any] = {}
"""By the id of a prediction, what was seen when it was first revealed."""


def truth(id: str, seen: Any) -> Any:  # noqa: A002
    """Return what was first seen for a prediction; outside of a notebook, where nobody goes back, `seen`."""
    if not in_notebook():
        return seen
    if id not in _truths:
        try:
            _truths[id] = copy.deepcopy(seen)
        except Exception:  # noqa: BLE001 - what cannot be copied is kept as it is
            _truths[id] = seen
    return _truths[id]


def right_answers() -> dict[str, Any]:
    """Return what was seen so far, by the ids of the predictions."""
    return dict(_truths)
