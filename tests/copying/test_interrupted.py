"""A run killed at any step leaves the old state or the new, once the next command has run."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from infra_ref.workbench.copying import collection, journal
from infra_ref.workbench.copying.changing import prepare_add, prepare_update
from infra_ref.workbench.copying.layout import find_layout
from infra_ref.workbench.copying.removing import prepare_remove
from infra_ref.workbench.copying.target import CopyTarget, open_target, target_for
from infra_ref.workbench.refused import Refused
from tests.copying.bench import PORT, WOOD, say, tell, tree, write

TO = Path("src/shop/infra")
STEPS = {"open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod"}


def killed_at(step: int, work: Callable[[], None], within: Path) -> bool:
    """Do `work` in a process killed just before its n-th touch of a file; False if it came to an end."""
    child = os.fork()
    if child == 0:
        left = [step]

        def hook(event: str, arguments: tuple[object, ...]) -> None:
            if event in STEPS and str(arguments[0]).startswith(str(within)):
                left[0] -= 1
                if left[0] < 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        try:
            sys.addaudithook(hook)
            work()
            os._exit(0)
        except BaseException:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def adds(project: Path, acme: Path) -> tuple[CopyTarget, list[journal.Change]]:
    target = target_for(find_layout(TO))
    added = prepare_add(target, collection.named(str(acme)), ["shelves/memory_shelf"], tests=True)
    return target, added.changes


def updates(project: Path, acme: Path) -> tuple[CopyTarget, list[journal.Change]]:
    say("add", "shelves/memory_shelf", "--from", acme, "--to", TO)
    write(
        acme, {"shelves/wood.py": WOOD.replace("3", "4"), "shelves/port.py": PORT.replace("Holds", "Keeps")}
    )
    target = open_target(TO)
    return target, prepare_update(target, []).changes


def removes(project: Path, acme: Path) -> tuple[CopyTarget, list[journal.Change]]:
    say("add", "shelves/memory_shelf", "shelves/metal_shelf", "--from", acme, "--to", TO)
    target = open_target(TO)
    items = ["shelves/memory_shelf", "shelves/metal_shelf"]
    return target, prepare_remove(target, items, force=False).changes


@pytest.mark.parametrize("prepare", [adds, updates, removes])
def test_every_step(
    prepare: Callable[[Path, Path], tuple[CopyTarget, list[journal.Change]]],
    project: Path,
    acme: Path,
    tmp_path: Path,
) -> None:
    shutil.copytree(acme.parent, project / "vendor")
    target, changes = prepare(project, project / "vendor/acme")
    old, before = tree(project), tmp_path / "before"
    shutil.copytree(project, before)
    outcomes: list[dict[str, bytes]] = []
    half_made = 0
    for step in range(200):
        was_killed = killed_at(step, lambda: target.commit(changes), project)
        midway = tree(project)
        finished = journal.finish(project.resolve())
        after = tree(project)
        outcomes.append(after)
        half_made += midway not in (old, after) and bool(finished)
        if not was_killed:
            break
        shutil.rmtree(project)
        shutil.copytree(before, project)
    new = outcomes[-1]
    assert new != old
    undecided = outcomes.count(old)
    assert outcomes == [old] * undecided + [new] * (len(outcomes) - undecided)
    assert undecided > 2
    assert half_made > 2  # there were half-made trees, and they were finished


def test_finishing_may_itself_be_cut_short(project: Path, acme: Path) -> None:
    shutil.copytree(acme.parent, project / "vendor")
    target, changes = adds(project, project / "vendor/acme")
    for step in range(200):
        if not killed_at(step, lambda: target.commit(changes), project):
            break
        if (project / journal.JOURNAL).exists():
            killed_at(3, lambda: finish(project), project)
            break
    finish(project)
    assert {one["state"] for one in tell("status")["files"]} == {"unchanged"}


def finish(project: Path) -> None:
    journal.finish(project.resolve())


def cut_short(project: Path, acme: Path) -> None:
    target, changes = adds(project, acme)
    steps = iter(range(200))
    while not (project / journal.JOURNAL).exists():
        killed_at(next(steps), lambda: target.commit(changes), project)


def test_the_next_command_finishes_and_says_so(project: Path, acme: Path) -> None:
    cut_short(project, acme)
    assert "A run that was cut short is finished: 9 files" in say("status")
    assert not (project / journal.JOURNAL).exists()


def test_what_was_edited_since_is_not_overwritten(project: Path, acme: Path) -> None:
    cut_short(project, acme)
    write(project, {f"{TO}/shelves/port.py": "mine = 1\n"})
    with pytest.raises(Refused, match=r"port\.py was edited after a run was cut short"):
        say("status")
    assert (project / TO / "shelves/port.py").read_text() == "mine = 1\n"
    (project / TO / "shelves/port.py").unlink()
    assert {one["state"] for one in tell("status")["files"]} == {"unchanged"}


@pytest.mark.parametrize(
    "path", ["../outside.py", "/tmp/outside.py", "a/../../outside.py", "C:/x.py", "a\\b.py", ""]
)
def test_a_journal_cannot_lead_out_of_the_project(project: Path, path: str) -> None:
    told = journal._dumped([journal.Change(path, None, b"x")])
    write(project, {journal.JOURNAL: told.decode()})
    before = tree(project.parent)
    with pytest.raises(Refused, match="is no path inside"):
        say("status", "--to", TO)
    assert tree(project.parent) == before


def test_a_damaged_journal_is_told(project: Path) -> None:
    write(project, {journal.JOURNAL: "{"})
    with pytest.raises(Refused, match="is no journal of infra-ref"):
        say("status", "--to", TO)


def test_two_runs_at_once_do_not_mix(project: Path, acme: Path) -> None:
    target, changes = adds(project, acme)
    (project / ".infra-ref").mkdir()
    with journal._alone(project / ".infra-ref"), pytest.raises(Refused, match="Another infra-ref is at work"):
        target.commit(changes)
    target.commit(changes)


def test_a_file_that_changed_meanwhile_is_not_overwritten(project: Path, acme: Path) -> None:
    target, changes = adds(project, acme)
    write(project, {f"{TO}/shelves/port.py": "mine = 1\n"})
    before = tree(project)
    with pytest.raises(Refused, match="was changed while this ran"):
        target.commit(changes)
    assert tree(project) == before
