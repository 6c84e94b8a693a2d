"""`infra-ref validate`: what is true passes, each way of not being so is found and told in few words."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from infra_ref.workbench.validating.cells import first_difference
from infra_ref.workbench.validating.findings import Finding, Notebook, github_lines, junit
from infra_ref.workbench.validating.guards import examined

Ran = CompletedProcess[str]
Cell = dict[str, Any]


def printed(source: str, text: str, count: int = 1, *tags: str) -> Cell:
    outputs = [{"output_type": "stream", "name": "stdout", "text": text}] if text else []
    return code(source, count, outputs, *tags)


def code(source: str, count: int | None, outputs: list[Any], *tags: str) -> Cell:
    return {
        "cell_type": "code",
        "execution_count": count,
        "metadata": {"tags": list(tags)},
        "outputs": outputs,
        "source": source,
    }


def write(path: Path, *cells: Cell) -> Path:
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    content = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    path.write_text(json.dumps(content))
    return path


def with_reason(cell: Cell, reason: str) -> Cell:
    cell["metadata"]["reason"] = reason
    return cell


EXERCISES = '''
from infra_ref.workbench import Check, Exercise, Wrong

async def right(attempt):
    assert attempt(3) == 6

DOUBLE = Exercise(
    id="double", title="Double", task="Double it.", makes="double", given="", frame="""
        def double(number):
            ____
    """,
    blank="...", solution="return 2 * number", notice="So.", hints=("Add.",),
    wrong=(Wrong("same", "return number", breaks=("D",), feedback="Twice."),),
    checks=(Check("D", "it doubles", right),),
)
'''

BLANK = "def double(number):\n    ..."
ASKS = 'from infra_ref.workbench import exercise\nex = exercise("mine:DOUBLE")'
JUDGES = "print((await ex.judge(double)).outcome)"


def test_what_is_true_and_what_is_not(tmp_path: Path, infra_ref_in: Callable[..., Ran]) -> None:
    (tmp_path / "mine.py").write_text(EXERCISES)
    write(
        tmp_path / "a_true.ipynb",
        printed(ASKS, ""),
        printed(BLANK, "", 2),
        printed(JUDGES, "not attempted\n", 3),
        printed(
            "# the time is another one on each run\nimport time; print(time.time())",
            "1\n",
            4,
            "nbval-ignore-output",
        ),
    )
    write(
        tmp_path / "b_drifted.ipynb",
        printed(ASKS, ""),
        printed(BLANK.replace("...", "pass"), "", 2),
        printed("print('one\\ntwo')", "one\n2\n", 3),
        printed("raise KeyError(3)", "", 4),
    )
    write(tmp_path / "c_dead.ipynb", printed("import os, signal\nos.kill(os.getpid(), signal.SIGKILL)", ""))
    ran = infra_ref_in("validate", ".", "--github", "--junit", "junit.xml")
    assert ran.returncode == 1, ran.stderr
    lines = [line for line in ran.stdout.splitlines() if " s, " not in line]
    assert "\n".join(lines) == EXPECTED
    heads = [line.split(" s, ")[1] for line in ran.stdout.splitlines() if " s, " in line]
    assert heads == ["75 % of cells checked", "100 % of cells checked", "100 % of cells checked"]
    assert "✓ a_true.ipynb   4 cells, 0 predictions, 1 exercise, " in ran.stdout
    suites = {
        suite.get("name"): suite.get("failures") for suite in ET.parse(tmp_path / "junit.xml").getroot()
    }
    assert suites == {"a_true.ipynb": "0", "b_drifted.ipynb": "2", "c_dead.ipynb": "1"}


EXPECTED = """\
  cell 3: shows something else; so does one after it
    expected  2
    seen      two
  cell 2: is not the blank of exercise double
    expected  ...
    seen      pass
  cell 1: lost its kernel
    expected  a kernel that lives
    seen      it died
1 notebook true, 2 broken
::error file=b_drifted.ipynb,line=1,title=cell 3::shows something else; so does one after it%0Aexpected: 2\
%0Aseen: two
::error file=b_drifted.ipynb,line=1,title=cell 2::is not the blank of exercise double%0Aexpected: ...\
%0Aseen: pass
::error file=c_dead.ipynb,line=1,title=cell 1::lost its kernel%0Aexpected: a kernel that lives\
%0Aseen: it died"""


def test_several_at_once_with_replacements_and_kernels_of_their_own(
    tmp_path: Path, infra_ref_in: Callable[..., Ran]
) -> None:
    (tmp_path / "clean.cfg").write_text("[times]\nregex: [0-9.]+ s\nreplace: SOME s\n")
    for name in "abc":
        write(tmp_path / f"{name}.ipynb", printed("import time; print(f'{time.time()} s')", "1.5 s\n"))
    other = write(tmp_path / "d.ipynb", printed("1 + 1;", ""))
    content = json.loads(other.read_text())
    content["metadata"]["kernelspec"]["name"] = "nowhere"
    other.write_text(json.dumps(content))
    ran = infra_ref_in("validate", ".", "-n", "2", "--sanitize-with", "clean.cfg", JUPYTER_PATH="")
    assert ran.stdout.splitlines()[-1] == "3 notebooks true, 1 broken", ran.stdout + ran.stderr
    assert "d.ipynb" in next(line for line in ran.stdout.splitlines() if line.startswith("✗"))
    assert "nowhere" in ran.stdout
    assert "There is no file x.cfg" in infra_ref_in("validate", ".", "--sanitize-with", "x.cfg").stderr


def test_an_annotation_is_at_the_line_of_its_cell(tmp_path: Path) -> None:
    path = write(tmp_path / "n.ipynb", printed("x = 1", ""), code("1 + 1", None, []))
    path.write_text(json.dumps(json.loads(path.read_text()), indent=1))
    (line,) = github_lines([examined(path)])
    number = int(line.partition("line=")[2].partition(",")[0])
    assert '"cell_type": "code"' in path.read_text().splitlines()[number - 1]
    assert number > 10


def test_update_writes_what_the_cells_show_now(tmp_path: Path, infra_ref_in: Callable[..., Ran]) -> None:
    path = write(
        tmp_path / "a.ipynb",
        printed("x = 20\nprint('same')", "same\n", 4),
        code("x + 1", None, []),
        code("raise KeyError(3)", None, [], "raises-exception"),
    )
    ran = infra_ref_in("validate", "--update", path)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.splitlines() == [
        f"{path}   2 cells show something else now",
        "  cell 2: shows something else now",
        "    expected  nothing more",
        "    seen      21",
        "  cell 3: shows something else now",
        "    expected  nothing more",
        "    seen      KeyError: 3",
    ]
    assert examined(path).findings == []
    written = path.read_bytes()
    assert "no cells show" in infra_ref_in("validate", "--update", path).stdout
    assert path.read_bytes() == written


@pytest.mark.parametrize(
    ("source", "says"), [("1 / 0", "ZeroDivisionError"), ("import time; time.sleep(30)", "over 1 s")]
)
def test_update_writes_nothing_when_a_cell_fails(
    tmp_path: Path, infra_ref_in: Callable[..., Ran], source: str, says: str
) -> None:
    path = write(tmp_path / "a.ipynb", printed("print(1)", "old\n"), code(source, None, []))
    before = path.read_bytes()
    ran = infra_ref_in("validate", "--update", path, "--timeout", "1")
    assert ran.returncode == 2
    assert says in ran.stderr
    assert "nothing was written" in ran.stderr
    assert path.read_bytes() == before


def test_the_settings_of_the_project_around_change_nothing(
    tmp_path: Path, infra_ref_in: Callable[..., Ran]
) -> None:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --collect-only\n")
    (tmp_path / "conftest.py").write_text("raise RuntimeError('not for notebooks')\n")
    write(tmp_path / "slow.ipynb", printed("import time; time.sleep(30)", ""))
    ran = infra_ref_in("validate", "slow.ipynb", "--timeout", "1", PYTEST_ADDOPTS="--collect-only")
    assert ran.returncode == 1, ran.stderr
    assert ran.stdout.splitlines()[1:] == [
        "  cell 1: took too long",
        "    expected  an end in 1 s",
        "0 notebooks true, 1 broken",
    ]


def test_what_leads_nowhere_is_refused(tmp_path: Path, infra_ref_in: Callable[..., Ran]) -> None:
    for path in ("nothing.ipynb", "."):
        ran = infra_ref_in("validate", path)
        assert (ran.returncode, ran.stdout) == (2, "")
        assert f"There is no notebook at {path}: give .ipynb files" in ran.stderr


def test_nbval_that_is_missing_says_what_to_install(tmp_path: Path, infra_ref_in: Callable[..., Ran]) -> None:
    write(tmp_path / "a.ipynb", printed("1", ""))
    hide = (
        "import importlib.util as u, sys; real = u.find_spec\n"
        "u.find_spec = lambda name, *more: None if name == 'nbval' else real(name, *more)\n"
        "from infra_ref.workbench.cli import main; sys.argv[:] = ['infra-ref', 'validate', 'a.ipynb']; main()"
    )
    ran = infra_ref_in(python=("-c", hide))
    assert ran.returncode == 2
    assert "pip install nbval" in ran.stderr


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        (code("1 + 1", None, []), "cell 1: was not run"),
        (code("x = 1", 7, []), "cell 1: was run out of order"),
        (code("  ", 1, []), "cell 1: is empty"),
        (code("1 + 1", 1, []), "cell 1: has lost its output"),
        (code("print(1)", 1, []), "cell 1: has lost its output"),
        (
            code("x", 1, [{"output_type": "stream", "name": "stderr", "text": "warned"}]),
            "which differs from run to run\n    expected  nothing on stderr\n    seen      warned",
        ),
        (
            code("x", 1, [{"output_type": "error", "ename": "KeyError", "evalue": "x"}]),
            "cell 1: holds an error",
        ),
        (printed("print(1)", "1\n", 1, "nbval-skip"), "cell 1: is not checked, and says no reason"),
        (printed("# NBVAL_IGNORE_OUTPUT\nprint(1)", "1\n"), "cell 1: is not checked, and says no reason"),
        (
            printed('predict("a", "b?")\npredict("a", "c?")', ""),
            "two predictions are called 'a'",
        ),
    ],
)
def test_what_a_file_says_of_itself(tmp_path: Path, cell: Cell, says: str) -> None:
    found = examined(write(tmp_path / "n.ipynb", cell))
    assert says in "\n".join(map(str, found.findings))
    assert not found.true


@pytest.mark.parametrize(
    "cell",
    [
        printed("x = 1", ""),
        printed("await f()", ""),
        printed("%load_ext autoreload", ""),
        code("1/0", 1, [{"output_type": "error", "ename": "E", "evalue": "x"}], "raises-exception"),
        printed("# the clock is another on each run\nprint(1)", "1\n", 1, "nbval-ignore-output"),
        printed("1 + 1;", ""),
        with_reason(printed("print(1)", "1\n", 1, "nbval-skip"), "the order differs from run to run"),
    ],
)
def test_what_is_fine_is_left_alone(tmp_path: Path, cell: Cell) -> None:
    assert examined(write(tmp_path / "n.ipynb", cell)).findings == []


@pytest.mark.parametrize("content", ["", "{", "[]", '{"cells": [{}]}', '{"cells": 3}'])
def test_what_is_no_notebook_is_found_so(tmp_path: Path, content: str) -> None:
    path = tmp_path / "n.ipynb"
    path.write_text(content)
    (found,) = examined(path).findings
    assert found.what == "this is no notebook"


@pytest.mark.parametrize(
    ("wanted", "seen", "told"),
    [
        (["a", "b"], ["a", "c"], ("b", "c")),
        (["a"], ["a", "b"], ("nothing more", "b")),
        (["a"], [], ("a", "nothing more")),
        (["a"], ["a"], ("the same kinds of output", "others, or another number of them")),
        (["x" * 300 + "a"], ["x" * 300 + "b"], ("…" + "x" * 40 + "a…", "…" + "x" * 40 + "b…")),
    ],
)
def test_the_first_difference(wanted: list[str], seen: list[str], told: tuple[str, str]) -> None:
    assert first_difference(wanted, seen) == told


def test_annotations_and_xml_hold_anything() -> None:
    odd = Notebook(Path("a,b:c.ipynb"), cells=1, findings=[Finding(1, "100%\nof \x1b[1m it", "<a>", "&")])
    assert list(github_lines([odd])) == [
        "::error file=a%2Cb%3Ac.ipynb,title=cell 1::100%25%0Aof \x1b[1m it%0Aexpected: <a>%0Aseen: &"
    ]
    assert (
        ET.fromstring(junit([odd])).findtext(".//failure") == "100%\nof \ufffd[1m it\nexpected: <a>\nseen: &"
    )
