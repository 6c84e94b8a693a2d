"""Scripted learners work through every notebook in a real kernel, as nobody should and many do.

They answer nothing, restart the kernel in the middle, answer wrongly, then rightly
and backwards; each prediction and exercise is run again alone after Run All.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import KernelManager

from infra_ref.workbench.teaching.exercise import Exercise
from infra_ref.workbench.teaching.progress import CHECKING, asked_in
from infra_ref.workbench.teaching.proof import wrong_answers
from infra_ref.workbench.teaching.sitting import find

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SECONDS = 30


@dataclass
class Ran:
    """What a cell showed, and the error in which it ended."""

    text: str = ""
    error: str = ""


class Learner:
    """Somebody with a kernel."""

    def __init__(self, folder: Path) -> None:
        self.kept = folder / "progress.json"
        environment = {name: value for name, value in os.environ.items() if name not in CHECKING}
        self.kernel = KernelManager(kernel_name="python3", transport="ipc", ip=str(folder / "kernel"))
        self.kernel.start_kernel(env=environment | {"INFRA_REF_PROGRESS": str(self.kept)}, cwd=str(ROOT))
        self.client = self.kernel.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=SECONDS)

    def restart(self) -> None:
        self.kernel.restart_kernel(now=True)
        self.client.wait_for_ready(timeout=SECONDS)

    def run(self, source: str) -> Ran:
        ran = Ran()

        def shown(message: dict[str, Any]) -> None:
            content = message["content"]
            if message["msg_type"] == "error":
                ran.error = f"{content['ename']}: {content['evalue']}"
            elif message["msg_type"] == "stream":
                ran.text += content["text"]
            elif "data" in content:
                ran.text += content["data"].get("text/plain", "")

        reply = self.client.execute_interactive(
            source, timeout=SECONDS, output_hook=shown, allow_stdin=False, stop_on_error=False
        )
        assert reply["content"]["status"] != "aborted", f"the kernel passed over:\n{source}"
        return ran

    def well(self, source: str) -> str:
        ran = self.run(source)
        assert ran.error == "", f"{ran.error} in:\n{source}"
        return ran.text

    def right_answers(self) -> dict[str, Any]:
        """Return by id what was measured, of which a learner's answer is a literal."""
        asks = (
            "import json as _json; from infra_ref.workbench.teaching import truths as _truths\n"
            "print(_json.dumps({name: value.__name__ if isinstance(value, type) else value\n"
            "                   for name, value in _truths.right_answers().items()}))"
        )
        answers: dict[str, Any] = json.loads(self.well(asks))
        return answers

    def end(self) -> None:
        self.client.stop_channels()
        self.kernel.shutdown_kernel(now=True)


@pytest.fixture
def learner(tmp_path: Path) -> Iterator[Learner]:
    one = Learner(tmp_path)
    try:
        yield one
    finally:
        one.end()


@dataclass
class Lesson:
    """A notebook's code cells, and which of them belong to a prediction or an exercise."""

    cells: list[str]
    may_raise: list[bool]
    predictions: dict[str, range] = field(default_factory=dict)
    exercises: dict[str, tuple[int, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, path: Path) -> Lesson:
        code = [one for one in json.loads(path.read_text())["cells"] if one["cell_type"] == "code"]
        raising = ["raises-exception" in one["metadata"].get("tags", []) for one in code]
        lesson = cls(["".join(one["source"]) for one in code], raising)
        for at, cell in enumerate(lesson.cells):
            for kind, name in asked_in(cell):
                if kind == "predictions":
                    lesson.predictions[name] = range(at, lesson._reveal(at, name) + 1)
                else:
                    blank = find(name).source(find(name).blank)
                    lesson.exercises[name] = lesson.cells.index(blank), lesson._judge(at, name)
        return lesson

    def _reveal(self, at: int, name: str) -> int:
        variable = self.cells[at].partition(" = predict(")[0].split()[-1]
        starts = (n for n in range(at, len(self.cells)) if self.cells[n].startswith(f"{variable}.reveal("))
        found = next(starts, None)
        assert found is not None, f"nothing reveals {name}: write `{variable}.reveal(` at the start of a cell"
        return found

    def _judge(self, at: int, name: str) -> int:
        variable = self.cells[at].partition(" = exercise(")[0].split()[-1]
        call = f"await {variable}.judge("
        found = next((n for n in range(at, len(self.cells)) if self.cells[n].startswith(call)), None)
        assert found is not None, f"nothing judges {name}: write `{call}` at the start of a cell"
        return found

    def run_all(self, learner: Learner, upto: int | None = None) -> list[str]:
        shown = []
        for cell, may_raise in zip(self.cells[:upto], self.may_raise[:upto], strict=True):
            ran = learner.run(cell)
            assert not ran.error or may_raise, f"{ran.error} in:\n{cell}"
            shown.append(ran.text)
        return shown

    def answered(self, name: str, answer: object) -> str:
        return self.cells[self.predictions[name].start].replace("answer=...", f"answer={answer!r}")


def wrong_answer(right: object, question: str) -> object:
    if "options=" in question:
        options = question.partition("options=[")[2].partition("]")[0]
        return next(one for one in eval(f"[{options}]") if str(one) != str(right))
    return 3 * right + 1000 if isinstance(right, int | float) else "nothing of the sort"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_bears_every_learner(path: Path, learner: Learner) -> None:
    lesson = Lesson.of(path)
    lesson.run_all(learner, upto=len(lesson.cells) // 2)
    learner.restart()
    answers_nothing(lesson, learner)
    goes_back_to_predictions(lesson, learner)
    goes_back_to_exercises(lesson, learner)
    the_record_is_honest(lesson, learner)


def answers_nothing(lesson: Lesson, learner: Learner) -> None:
    shown = lesson.run_all(learner)
    for name, cells in lesson.predictions.items():
        assert shown[cells[-1]].startswith("– Not answered. It was "), name
    for name, (_, judge) in lesson.exercises.items():
        assert shown[judge].startswith("– Not attempted yet."), name
    assert not learner.kept.exists()


def goes_back_to_predictions(lesson: Lesson, learner: Learner) -> None:
    right = learner.right_answers()
    assert set(right) == set(lesson.predictions)
    for name, cells in lesson.predictions.items():
        learner.well(lesson.answered(name, wrong_answer(right[name], lesson.cells[cells[0]])))
        assert learner.well(lesson.cells[cells[-1]]).startswith("✗ Not so: "), name
    for name, cells in reversed(lesson.predictions.items()):
        learner.well(lesson.answered(name, right[name]))
        for at in cells[1:-1]:
            ran = learner.run(lesson.cells[at])
            assert not ran.error or lesson.may_raise[at], (
                f"{name}, once more: {ran.error} in {lesson.cells[at]}"
            )
        assert learner.well(lesson.cells[cells[-1]]).startswith("✓ Right: "), name
    assert learner.right_answers() == right


def goes_back_to_exercises(lesson: Lesson, learner: Learner) -> None:
    for name, (blank, judge) in reversed(lesson.exercises.items()):
        one = find(name)
        for source in wrong_sources(one):
            learner.well(source)
            assert not learner.well(lesson.cells[judge]).startswith("✓ Solved"), source
        assert "SyntaxError" in learner.run(f"{one.source(one.solution)}\n    (").error
        assert f"defines {one.makes} ended in an error: SyntaxError" in learner.well(lesson.cells[judge])
        learner.well(one.source(one.solution))
        assert learner.well(lesson.cells[judge]).startswith("✓ Solved"), name
        learner.well(lesson.cells[blank])
        assert learner.well(lesson.cells[judge]).startswith("– Not attempted yet."), name


def wrong_sources(one: Exercise) -> Iterator[str]:
    yield one.source(one.wrong[0].fill)
    for generated in wrong_answers(one):
        if generated.name not in one.may_pass:
            yield generated.source
            return  # `tests/workbench/test_exercises.py` tries them all


def the_record_is_honest(lesson: Lesson, learner: Learner) -> None:
    kept = json.loads(learner.kept.read_text()) if learner.kept.exists() else {}
    for name in lesson.predictions:
        entry = kept["predictions"][name]
        assert (entry["outcome"], entry["first"]["outcome"]) == ("right", "wrong")
    for name in lesson.exercises:
        entry = kept["exercises"][name]
        assert (entry["outcome"], entry["first"]["outcome"], entry["hints"]) == ("solved", "wrong", 0)


ENDLESS = """
class FirstCache:
    async def set(self, key, value, *, ttl=None):
        while True:
            try:
                pass
            except BaseException:
                pass
"""


def test_nothing_hangs_and_stop_stops(learner: Learner) -> None:
    learner.well("from infra_ref.workbench import exercise; one = exercise('start_here/first-adapter')")
    learner.well(ENDLESS)
    began = time.monotonic()
    assert "no answer within 2.5 s in `set`" in learner.well("await one.judge(FirstCache)")
    assert time.monotonic() - began < 10

    began = time.monotonic()
    # Without stop_on_error=False the kernel would pass over a cell that comes right after the error.
    asked = learner.client.execute("await one.judge(FirstCache)", stop_on_error=False)
    time.sleep(0.5)
    learner.kernel.interrupt_kernel()
    while (reply := learner.client.get_shell_msg(timeout=SECONDS))["parent_header"].get("msg_id") != asked:
        pass
    assert time.monotonic() - began < 2.4  # the verdict would come after 2.5 s
    assert reply["content"]["ename"] == "KeyboardInterrupt"

    learner.well("class FirstCache:\n    async def set(self, key, value, *, ttl=None): raise SystemExit")
    assert "raised SystemExit" in learner.well("await one.judge(FirstCache)")
    solution = find("start_here/first-adapter")
    learner.well(solution.source(solution.solution))
    assert learner.well("await one.judge(FirstCache)").startswith("✓ Solved")
