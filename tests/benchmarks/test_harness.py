"""The harness on a clock that stands still: no test here depends on how quick the machine is."""

from __future__ import annotations

import gc
import json
from pathlib import Path

import pytest

from infra_ref.contract import run
from tests.benchmarks.harness import Board, Rival, Way


class Bench:
    """Ways that take as long as they say, on a timer of their own."""

    def __init__(self) -> None:
        self.now = 0.0
        self.calls: list[str] = []
        self.board = Board("sample", ["pytest"], timer=lambda: self.now)

    def way(self, name: str, *seconds: float) -> Way:
        async def once() -> None:
            self.calls.append(name)
            self.now += seconds[self.calls.count(name) % len(seconds)]

        return once


def test_a_figure_is_the_ratio_of_times() -> None:
    bench = Bench()
    run(bench.board.compare("work", bench.way("a", 0.3), Rival("b", bench.way("b", 0.2), at_most=1.5)))
    (figure,) = bench.board.figures
    assert (figure.ours, figure.theirs) == pytest.approx((0.3, 0.2))
    assert figure.measured == pytest.approx(1.5)
    assert figure.noise == pytest.approx(0)


def test_what_slows_a_whole_round_changes_no_ratio() -> None:
    bench = Bench()
    slow_by_turns = [0.1, 0.1, 0.9]
    run(
        bench.board.compare(
            "work", bench.way("a", *slow_by_turns), Rival("b", bench.way("b", *slow_by_turns))
        )
    )
    assert bench.board.figures[0].measured == pytest.approx(1)


def test_a_bound_that_is_missed_fails_and_stays_in_the_table() -> None:
    bench = Bench()
    with pytest.raises(AssertionError, match=r"^work: 2\.00 × of b, wanted at most 1\.50 ×$"):
        run(bench.board.compare("work", bench.way("a", 0.2), Rival("b", bench.way("b", 0.1), at_most=1.5)))
    assert bench.board.table().endswith("!")


def test_a_bound_that_is_missed_by_less_than_the_noise_holds() -> None:
    bench = Bench()
    bench.board.measure("steady", [0.2] * 9, at_most=0.2)
    bench.board.measure("noisy", [0.1, 0.2, 0.3] * 3, at_most=0.19)
    with pytest.raises(AssertionError, match="wanted at most 190 ms"):
        bench.board.measure("steady", [0.2] * 9, at_most=0.19)


def test_turns_are_interleaved_and_bounded_in_time() -> None:
    bench = Bench()
    run(bench.board.compare("work", bench.way("a", 1.0), Rival("b", bench.way("b", 1.0)), seconds=20))
    turns = bench.calls[2:]  # one call each found out how many make a turn
    rounds = set(zip(turns[::2], turns[1::2], strict=True))
    assert rounds == {("a", "b"), ("b", "a")}
    assert 20 <= bench.now <= 26


def test_what_is_quick_is_called_often_in_a_turn() -> None:
    bench = Bench()
    run(bench.board.compare("work", bench.way("a", 0.0001), Rival("b", bench.way("b", 0.01))))
    assert bench.calls.count("a") > 5 * bench.calls.count("b")
    assert bench.board.figures[0].measured == pytest.approx(0.01)


def test_before_each_turn_is_not_timed() -> None:
    bench = Bench()
    run(
        bench.board.compare(
            "work", bench.way("a", 0.001), Rival("b", bench.way("b", 0.001)), before=bench.way("reset", 5.0)
        )
    )
    assert bench.calls[::2] == ["reset"] * (len(bench.calls) // 2)
    assert bench.calls.count("a") == bench.calls.count("b")
    assert bench.board.figures[0].ours == pytest.approx(0.001)


def test_nothing_is_collected_meanwhile_and_all_is_as_before_afterwards() -> None:
    bench, seen = Bench(), set()

    async def look() -> None:
        bench.now += 1.0
        seen.add(gc.isenabled())

    run(bench.board.compare("work", look, Rival("b", look)))
    assert seen == {False}
    assert gc.isenabled()


def test_the_figures_are_written_with_the_machine_and_versions(tmp_path: Path) -> None:
    bench = Bench()
    bench.board.measure("stall", [0.002, 0.002], at_most=0.005)
    bench.board.write(tmp_path / "site")
    written = json.loads((tmp_path / "site" / "sample.json").read_text())
    assert set(written["machine"]) == {"date", "processor", "cores", "load", "system", "python", "versions"}
    assert written["machine"]["versions"] == {"pytest": pytest.__version__}
    assert written["figures"] == [
        {
            "operation": "stall",
            "ours": 0.002,
            "rival": None,
            "theirs": None,
            "measured": 0.002,
            "noise": 0.0,
            "unit": "s",
            "at_most": 0.005,
            "missed": False,
        }
    ]
