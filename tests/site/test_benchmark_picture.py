"""The picture of the benchmarks is drawn from the figures, for all eyes and for none."""

from __future__ import annotations

import itertools
import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from benchmark_picture import Scale, picture
from tree import ROOT

CSS = (ROOT / "site-src/pages/assets/site.css").read_text(encoding="utf-8")


def figure(measured: float, noise: float = 0.0, at_most: float | None = None, **more: Any) -> dict[str, Any]:
    missed = at_most is not None and measured - noise > at_most
    plain = {"operation": "get", "rival": "raw client", "missed": missed}
    return plain | {"measured": measured, "noise": noise, "at_most": at_most} | more


def drawn(*figures: dict[str, Any]) -> ET.Element:
    (svg,) = ET.fromstring(picture("unit_of_work", figures))
    return svg


def of_class(svg: ET.Element, name: str) -> list[ET.Element]:
    return [one for one in svg.iter() if name in one.get("class", "").split()]


def places(element: ET.Element, *names: str) -> tuple[float, ...]:
    return tuple(float(element.attrib[name].rstrip("%")) for name in names)


def test_a_bar_goes_from_one_to_the_ratio() -> None:
    svg = drawn(figure(0.5), figure(4.0))
    (one,) = (places(line, "x1") for line in of_class(svg, "one"))
    (left, left_width), (right, right_width) = (places(bar, "x", "width") for bar in of_class(svg, "bar"))
    assert left + left_width == pytest.approx(one[0], abs=0.02)
    assert right == one[0]
    assert right_width == pytest.approx(2 * left_width, abs=0.02)  # 4 is two halvings away, 0.5 is one


def test_the_whisker_spans_the_noise_and_the_stroke_is_the_bound() -> None:
    svg = drawn(figure(2.0, 0.5, at_most=3.0))
    scale = Scale.around([2.5, 1.5, 3.0])
    whisker, *caps = (places(line, "x1", "x2") for line in of_class(svg, "noise"))
    assert whisker == pytest.approx((scale.at(1.5), scale.at(2.5)), abs=0.01)
    assert [cap[0] for cap in caps] == list(whisker)
    assert places(of_class(svg, "bound")[0], "x1") == pytest.approx((scale.at(3.0),), abs=0.01)
    assert of_class(drawn(figure(2.0)), "bound") == []


def test_what_missed_its_bound_says_so_in_words_too() -> None:
    svg = drawn(figure(1.4, at_most=1.2), figure(1.1, at_most=1.2))
    assert [one.text for one in of_class(svg, "value")] == ["missed: 1.40 ×", "1.10 ×"]
    assert len(of_class(svg, "missed")) == 2  # a bar and its words


def test_all_that_is_drawn_is_within_the_axis() -> None:
    for measured in (0.001, 0.3, 1.0, 1.9, 70.0):
        scale = Scale.around([measured])
        assert 0 < scale.at(measured) < 100
        assert scale.ticks[0] < 1 < scale.ticks[-1]
        assert 1 in scale.ticks
    assert drawn(figure(0.1, noise=0.2)) is not None  # the logarithm of less than nothing


def test_a_pattern_with_nothing_to_compare_has_no_picture() -> None:
    assert picture("a", [figure(1.0, rival=None)]) == ""


def test_names_are_text() -> None:
    svg = drawn(figure(1.0, operation="a < b & c", rival='<script src="x">'))
    assert [one.text for one in of_class(svg, "what")] == ["a < b & c"]
    assert [one.text for one in of_class(svg, "rival")] == ['against <script src="x">']


def test_it_is_told_to_those_who_do_not_see_it_and_fetches_nothing() -> None:
    html = picture("unit_of_work", [figure(0.5), figure(1.4, at_most=1.2)])
    svg = ET.fromstring(html)[0]
    named = svg.attrib["aria-labelledby"].split()
    told = [one.text or "" for name in named for one in svg if one.get("id") == name]
    assert told[0] == "Ours against theirs: unit of work"
    assert "1 of 2 comparisons" in told[1]
    assert "Bounds: 1, missed: 1." in told[1]
    assert not re.search(r"http|url\(|href|src", html)


def colours(scheme: str) -> dict[str, str]:
    blocks = re.findall(rf"^{re.escape(scheme)} {{(.*?)^}}", CSS, re.M | re.S)
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", "".join(blocks)))


def contrast(one: str, other: str) -> float:
    """Return the ratio of WCAG 2.2, 1.4.3."""
    lights = []
    for colour in (one, other):
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        red, green, blue = (
            part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
        )
        lights.append(0.2126 * red + 0.7152 * green + 0.0722 * blue)
    return (max(lights) + 0.05) / (min(lights) + 0.05)


@pytest.mark.parametrize("scheme", [":root", '[data-md-color-scheme="slate"]'])
def test_shapes_stand_out_from_the_paper_and_strokes_from_the_bars(scheme: str) -> None:
    colour = colours(scheme)
    bars = ("bar", "bar-more")
    pairs = [*itertools.product(bars, ("paper", "ink")), ("ink", "paper")]
    faint = {pair: contrast(*(colour[name] for name in pair)) for pair in pairs}
    assert {pair: ratio for pair, ratio in faint.items() if ratio < 3} == {}  # WCAG 2.2, 1.4.11
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
