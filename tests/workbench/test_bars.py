"""Bars are as long as their figures say, and are read by eye and by machine."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest

from infra_ref.workbench.teaching.bars import CELLS, WIDE, Bars


def widths(bars: Bars) -> list[float]:
    return [float(found) for found in re.findall(r"<rect [^>]*width='([\d.]+)'", bars._repr_html_())]


def test_a_bar_is_as_long_as_its_figure() -> None:
    bars = Bars("Loads", {"alone": 100, "together": 25})
    assert widths(bars) == [WIDE, WIDE / 4]
    assert [line.count("█") for line in repr(bars).splitlines()] == [0, CELLS, CELLS // 4]


def test_the_text_lines_up_and_names_the_unit() -> None:
    assert repr(Bars("Hits", {"a": 40, "bcd": 20.5}, unit="%")).splitlines() == [
        "Hits",
        "  a    " + "█" * 40 + " 40 %",
        "  bcd  " + "█" * 20 + " 20.5 %",
    ]


def test_nothing_has_no_bar() -> None:
    assert widths(Bars("Loads", {"none": 0, "some": 3})) == [WIDE]
    assert widths(Bars("Loads", {"none": 0})) == []
    assert repr(Bars("Loads", {})) == "Loads"


def test_the_picture_is_well_formed_and_told_in_words() -> None:
    page = Bars("A < B & C", {"it's <b>": 3}, unit="loads")._repr_html_()
    picture = ET.fromstring(page[page.index("<svg") : page.index("</svg>") + 6])
    assert picture.attrib["aria-label"] == "A < B & C"
    assert picture.findtext("{http://www.w3.org/2000/svg}desc") == "it's <b>: 3 loads"


@pytest.mark.parametrize("figure", [-1, float("nan"), float("inf")])
def test_a_figure_without_a_bar_is_refused(figure: float) -> None:
    with pytest.raises(ValueError, match="'x' is"):
        Bars("Loads", {"x": figure})
