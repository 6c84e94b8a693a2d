"""`knob`: outside of a lab it runs once and says which other values there are; in one it is a slider."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from infra_ref.contract import run
from infra_ref.workbench import Bars, knob
from infra_ref.workbench.teaching import knob as knobs


def squared(number: int) -> int:
    return number * number


async def in_bars(number: int) -> Bars:
    await asyncio.sleep(0)
    return Bars("Numbers", {"it": number})


def test_without_a_slider_it_runs_once_and_says_what_else_there_is() -> None:
    shown = run(knob(squared, number=range(1, 20), at=3))
    assert repr(shown) == ("9\nnumber = 3. Change `at` to one of 1, 2, 3, ..., 19, and run the cell again.")
    assert "<code>at</code>" in shown._repr_html_()
    assert "<svg" in run(knob(in_bars, number=[1, 2], at=2))._repr_html_()


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"at": 3}, "turns one argument, not 0"),
        ({"at": 3, "number": [3], "other": [3]}, "turns one argument, not 2"),
        ({"at": 4, "number": [1, 2]}, r"at=4 is not one of the values of number: \[1, 2\]"),
    ],
)
def test_an_authors_mistake_raises(more: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        run(knob(squared, **more))


def test_turning_the_slider_runs_the_experiment_again(monkeypatch: pytest.MonkeyPatch) -> None:
    ipywidgets = pytest.importorskip("ipywidgets")
    monkeypatch.setattr(knobs, "_has_slider", lambda: True)
    made: list[Any] = []
    monkeypatch.setattr("IPython.display.display", lambda *widgets: made.extend(widgets))

    async def turn() -> None:
        await knob(squared, number=[1, 2, 3], at=2)
        slider, place = made
        assert isinstance(slider, ipywidgets.SelectionSlider)
        assert "4" in place.value
        slider.value = 3
        await asyncio.sleep(0.01)
        assert "9" in place.value

    run(turn())
