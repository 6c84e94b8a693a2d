"""`knob`: a number of an experiment to turn, a slider in JupyterLab and an argument elsewhere.

    await knob(worst_second, attempts=range(1, 6), at=3)

`worst_second` takes `attempts`, may be async, and returns what is to be seen. A
slider runs it again for each value. Without one (on a page, under CI, without
ipywidgets) it runs once, for `at`, which a reader changes and runs again.
"""

from __future__ import annotations

import asyncio
import inspect
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from infra_ref.workbench.teaching.card import lines, paragraph
from infra_ref.workbench.teaching.progress import CHECKING


async def knob(experiment: Callable[..., Any], *, at: Any, **values: Sequence[Any]) -> Turned | None:
    """Show what `experiment` returns for one of the values, and let the reader choose another.

    Raises ValueError unless there is one argument to turn and `at` is one of its values.
    """
    if len(values) != 1:
        raise ValueError(
            f"a knob turns one argument, not {len(values)}: knob(experiment, users=range(1, 9), at=3)"
        )
    ((name, choices),) = values.items()
    if at not in choices:
        raise ValueError(f"at={at!r} is not one of the values of {name}: {list(choices)}")
    if _has_slider():
        await _slide(experiment, name, list(choices), at)
        return None
    return Turned(name, list(choices), at, await _run(experiment, name, at))


@dataclass(frozen=True, slots=True)
class Turned:
    """What came of one value; `choices` are the others that may be tried."""

    name: str
    choices: list[Any]
    at: Any
    seen: Any

    @property
    def _how(self) -> str:
        others = _listed(self.choices)
        return f"{self.name} = {self.at!r}. Change `at` to one of {others}, and run the cell again."

    def __repr__(self) -> str:
        return "\n".join([repr(self.seen), lines("plain", self._how)])

    def _repr_html_(self) -> str:
        return f"{_html(self.seen)}{paragraph(self._how)}"


def _listed(choices: list[Any]) -> str:
    shown = [repr(one) for one in choices]
    return ", ".join(shown if len(shown) < 9 else [*shown[:3], "...", shown[-1]])


async def _run(experiment: Callable[..., Any], name: str, value: Any) -> Any:
    seen = experiment(**{name: value})
    return await seen if inspect.isawaitable(seen) else seen


def _html(seen: Any) -> str:
    made: str | None = seen._repr_html_() if hasattr(seen, "_repr_html_") else None
    return made if made is not None else f"<pre>{paragraph(repr(seen))}</pre>"


def _has_slider() -> bool:
    """Whether a kernel runs this for a person, with ipywidgets at hand."""
    if any(os.environ.get(name) for name in CHECKING) or "ipykernel" not in sys.modules:
        return False
    try:
        import ipywidgets  # type: ignore[import-untyped]  # noqa: F401 - it has no types
    except ImportError:
        return False
    return True


async def _slide(experiment: Callable[..., Any], name: str, choices: list[Any], at: Any) -> None:
    import ipywidgets
    from IPython.display import display

    slider = ipywidgets.SelectionSlider(options=choices, value=at, description=name, continuous_update=False)
    place = ipywidgets.HTML(_html(await _run(experiment, name, at)))
    running: list[asyncio.Task[None]] = []

    async def show(value: Any) -> None:
        place.value = _html(await _run(experiment, name, value))

    def turned(change: Any) -> None:
        for task in running:
            task.cancel()
        running[:] = [asyncio.get_running_loop().create_task(show(change["new"]))]

    slider.observe(turned, names="value")
    display(slider, place)  # type: ignore[no-untyped-call]
