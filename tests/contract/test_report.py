"""The verdicts as text, as data and as HTML; the same wherever they were reached."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from infra_ref.contract import Contract, Report, rule, run, tool

ROOT = Path(__file__).resolve().parents[2]

PEARS = """
from infra_ref.contract import Contract, rule, tool

class PearContract(Contract):
    wire = tool("a wire to cut")

    @rule("PEAR-01", "a <ripe> pear & a knife are 'enough'")
    async def enough(self, pear):
        assert pear == "<ripe> & 'sweet'", "after a day"

    @rule("PEAR-02", "it is a word")
    async def is_word(self, pear):
        assert isinstance(pear, str)

    @rule("PEAR-03", "it can be thrown", needs="throwing")
    async def thrown(self, pear):
        assert pear.throw()

    @rule("PEAR-04", "it is cut", full=True)
    async def is_cut(self, pear, wire):
        assert wire

    @rule("PEAR-05", "it raises nothing")
    async def raises(self, pear):
        raise OSError("<b>no</b>")
"""

TESTS = """
from pears import PearContract

class TestPear(PearContract):
    lacks = {"throwing": "it would be a waste"}

    async def make(self):
        return "<raw>"
"""


class PearContract(Contract):
    wire = tool("a wire to cut")

    @rule("PEAR-01", "a <ripe> pear & a knife are 'enough'")
    async def enough(self, pear: Any) -> None:
        assert pear == "<ripe> & 'sweet'", "after a day"

    @rule("PEAR-02", "it is a word")
    async def is_word(self, pear: Any) -> None:
        assert isinstance(pear, str)

    @rule("PEAR-03", "it can be thrown", needs="throwing")
    async def thrown(self, pear: Any) -> None:
        assert pear.throw()

    @rule("PEAR-04", "it is cut", full=True)
    async def is_cut(self, pear: Any, wire: Any) -> None:
        assert wire

    @rule("PEAR-05", "it raises nothing")
    async def raises(self, pear: Any) -> None:
        raise OSError("<b>no</b>")


class Raw(str):
    __slots__ = ()
    lacks = {"throwing": "it would be a waste"}  # noqa: RUF012

    def __new__(cls) -> Any:
        return super().__new__(cls, "<raw>")


@pytest.fixture
def report() -> Report:
    return run(PearContract.verify(Raw))


def test_as_text(report: Report) -> None:
    assert repr(report) == str(report)
    assert str(report).splitlines() == [
        "✗ PEAR-01  a <ripe> pear & a knife are 'enough'",
        "    expected: \"<ripe> & 'sweet'\"",
        "        seen: '<raw>' (after a day)",
        "✓ PEAR-02  it is a word",
        "– PEAR-03  it can be thrown",
        "      exempt: it would be a waste",
        "– PEAR-04  it is cut",
        "      exempt: the test bench has no `wire` (a wire to cut)",
        "✗ PEAR-05  it raises nothing",
        '        seen: OSError: <b>no</b>   at: raise OSError("<b>no</b>")',
        "PearContract · Raw: core 1 of 4, full 1 of 5; 2 broken, 2 exempt",
    ]


def test_its_summary_names_only_what_there_is() -> None:
    assert run(PearContract.verify(Raw, only="PEAR-02")).summary == "PearContract · Raw: core 1 of 1"
    assert (
        run(PearContract.verify(Raw, only="PEAR-01")).summary == "PearContract · Raw: core 0 of 1; 1 broken"
    )


def test_numbers(report: Report) -> None:
    assert (report.holds, report.broken, report.exempt) == (
        False,
        ("PEAR-01", "PEAR-05"),
        ("PEAR-03", "PEAR-04"),
    )
    assert run(PearContract.verify(Raw, only=("PEAR-02", "PEAR-03"))).holds  # exempt is not broken


def test_as_data(report: Report) -> None:
    data = json.loads(json.dumps(report.to_dict()))
    assert data == report.to_dict()
    assert (data["contract"], data["adapter"], data["holds"]) == ("PearContract", "Raw", False)
    assert data["rules"][0] == {
        "number": "PEAR-01",
        "says": "a <ripe> pear & a knife are 'enough'",
        "core": True,
        "outcome": "broken",
        "expected": "\"<ripe> & 'sweet'\"",
        "seen": "'<raw>' (after a day)",
    }


def test_as_html_it_is_well_formed_and_escaped(report: Report) -> None:
    page = report._repr_html_()
    table = ET.fromstring(f"<page>{page}</page>").find("table")
    assert table is not None
    rows = table.findall("tr")
    assert [row.get("class") for row in rows] == ["broken", "holds", "exempt", "exempt", "broken"]
    assert table.findtext("caption") == report.summary
    for row, verdict in zip(rows, report.verdicts, strict=True):
        text = "".join(row.itertext())
        for part in (verdict.rule.number, verdict.rule.says, verdict.expected, verdict.seen):
            assert part in text
    assert "<b>" not in page
    assert "<raw>" not in page


def test_two_reports_of_the_same_are_equal(report: Report) -> None:
    again = run(PearContract.verify(Raw))
    assert (again, hash(again.verdicts[1])) == (report, hash(report.verdicts[1]))
    assert again.verdicts[0].error is not report.verdicts[0].error
    assert run(PearContract.verify(Raw, only="PEAR-02")) != report


@pytest.fixture(scope="module")
def by_pytest(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("pears")
    (folder / "pears.py").write_text(PEARS)
    (folder / "test_pears.py").write_text(TESTS)
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-v",
            "-rs",
            "--color=no",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:nbval",
        ],
        cwd=folder,
        env={"PYTHONPATH": f"{ROOT}:{folder}", "COLUMNS": "200", "PATH": ""},
        capture_output=True,
        text=True,
        timeout=50,
    )
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


def test_pytest_and_verify_agree_rule_by_rule(by_pytest: str, report: Report) -> None:
    word = {"holds": "PASSED", "broken": "FAILED", "exempt": "SKIPPED"}
    names = ["enough", "is_word", "thrown", "is_cut", "raises"]
    for verdict, name in zip(report.verdicts, names, strict=True):
        test = f"test_pears.py::TestPear::test_{verdict.rule.number.replace('-', '_')}_{name}"
        assert f"{test} {word[verdict.outcome]}" in by_pytest
    assert "2 failed, 1 passed, 2 skipped" in by_pytest  # and none of PearContract itself


def test_pytest_says_why(by_pytest: str) -> None:
    for text in (
        "AssertionError: ✗ PEAR-01  a <ripe> pear & a knife are 'enough'",
        "expected: \"<ripe> & 'sweet'\"",
        "seen: '<raw>' (after a day)",
        "AssertionError: ✗ PEAR-05  it raises nothing",
        "seen: OSError: <b>no</b>",
        "it would be a waste",
        "the test bench has no `wire` (a wire to cut)",
    ):
        assert text in by_pytest
    assert "pears.py:9:" in by_pytest  # the assert's own line
