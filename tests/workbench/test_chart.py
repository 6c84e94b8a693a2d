"""A chart says the same as a picture and as text."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from infra_ref.workbench import Chart

POINTS = [(0.0, 0.0), (15.0, 0.5), (30.0, None), (45.0, 1.0)]


def test_as_text_each_point_is_a_sign_and_each_mark_a_line() -> None:
    chart = Chart("Calls", {"failed": POINTS, "hits": [(0, 1.0)]}, marks=[(45, "firing")])
    assert repr(chart).splitlines() == ["Calls", "  failed   ▄·█", "  hits    █", "  45 s: firing"]


def test_the_picture_is_well_formed_and_nothing_of_it_is_code() -> None:
    names = {"<script>": POINTS}
    html = Chart("A & B", names, limits={"<b>": 0.5}, marks=[(15, "'x'")])._repr_html_()
    tree = ET.fromstring(html)
    assert [one.tag for one in tree.iter() if one.tag in {"script", "b"}] == []
    (drawn,) = [one.attrib["points"] for one in tree.iter() if one.tag.endswith("polyline")]
    assert len(drawn.split()) == 3, "where there is no share there is no point"


def test_an_empty_one_is_drawn() -> None:
    assert ET.fromstring(Chart("Nothing", {})._repr_html_()).tag == "div"


@pytest.mark.parametrize("share", [-0.1, 1.1, float("nan")])
def test_what_is_no_share_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        Chart("Calls", {"failed": [(0, share)]})
