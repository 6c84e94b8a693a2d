"""The command `infra-ref`, and the tools that the notebooks teach with.

Patterns never import it. Reading order: `cli` wires the sub-commands; each one
is a file: `lab`, `listing`, `show`, `check`, `reset`. `teaching` holds what a
notebook imports from here:

    from infra_ref.workbench import Faults, Recorder, VirtualClock, exercise, knob, predict

Each of these is imported when it is first asked for.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from infra_ref.workbench.teaching.bars import Bars as Bars
    from infra_ref.workbench.teaching.chart import Chart as Chart
    from infra_ref.workbench.teaching.chart import Dashboard as Dashboard
    from infra_ref.workbench.teaching.exercise import Check as Check
    from infra_ref.workbench.teaching.exercise import Exercise as Exercise
    from infra_ref.workbench.teaching.exercise import Wrong as Wrong
    from infra_ref.workbench.teaching.faults import Faults as Faults
    from infra_ref.workbench.teaching.knob import knob as knob
    from infra_ref.workbench.teaching.predict import predict as predict
    from infra_ref.workbench.teaching.recorder import Recorder as Recorder
    from infra_ref.workbench.teaching.sitting import exercise as exercise
    from infra_ref.workbench.teaching.virtual_clock import VirtualClock as VirtualClock

_HOME = {
    "Bars": "bars",
    "Chart": "chart",
    "Check": "exercise",
    "Dashboard": "chart",
    "Exercise": "exercise",
    "Faults": "faults",
    "Recorder": "recorder",
    "VirtualClock": "virtual_clock",
    "Wrong": "exercise",
    "exercise": "sitting",
    "knob": "knob",
    "predict": "predict",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"infra_ref.workbench.teaching.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOME])
