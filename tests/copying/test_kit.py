"""What the copied tests stand on: files of their own, or infra-ref as a dependency of the tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra_ref.workbench.copying.collection import own
from infra_ref.workbench.copying.layout import Layout
from infra_ref.workbench.copying.library import Library
from infra_ref.workbench.copying.parts import FOR_ITS_TEST
from infra_ref.workbench.copying.plan import make_plan
from infra_ref.workbench.copying.project_style import ProjectStyle
from infra_ref.workbench.refused import Refused
from tests.copying.bench import say, tell, tree, write
from tests.copying.environments import make_environment
from tests.copying.test_matrix import ran

TO = "src/shop/infra"
HOUSE = Library(own())
WITH_TESTS = [name for name in HOUSE.items() if HOUSE.item(name).test]


COMPARED = {
    needed.name
    for name in own().tree.modules
    if (one := HOUSE.find(name)) and one.for_tests
    for needed in HOUSE.needs_of(one)[0]
}


@pytest.mark.parametrize("item", WITH_TESTS)
def test_what_tests_alone_need_is_no_production_code(item: str) -> None:
    """But for ports, what contracts compare with, and what is brought by what goes with the item."""
    source, layout = HOUSE.item(item), Layout(Path("project"), "infra", "tests/infra", "infra", "absolute")
    beside = [HOUSE.item(one.removeprefix("infra-ref add ")) for one in HOUSE.goes_with([item], set())]
    alone = HOUSE.closure([source, *HOUSE.partners(source), *beside])
    plan = make_plan(HOUSE, [item], [item], layout, ProjectStyle(layout.project, None))
    code = {HOUSE.item(one.entry.item) for one in plan.files.values() if one.entry.kind == "code"}
    assert not [one.item for one in code.difference(alone) if not (one.is_promise or one.name in COMPARED)]


def test_the_machinery_of_contracts_can_be_a_dependency(project: Path) -> None:
    told = tell("add", "caching/redis_cache", "--to", TO, "--kit", "dependency")
    kit = {one["path"] for one in told["written"] if one["why"] == FOR_ITS_TEST}
    contracts = ("cache_contract", "distributed_contract", "leasing_contract")
    assert kit == {f"tests/infra/caching/contracts/{name}.py" for name in contracts}
    assert told["test_requirements"] == ["fakeredis[lua]>=2.40", f"infra-ref>={own().version}", "pytest"]
    assert told["notes"][0].startswith("3 files of the kit are copied all the same: they compare classes")
    text = (project / "tests/infra/caching/contracts/cache_contract.py").read_text()
    assert "from infra_ref.contract import " in text
    assert "from shop.infra.caching.port import " in text


def test_with_the_kit_as_a_dependency_the_tests_pass_and_are_typed(project: Path, tmp_path: Path) -> None:
    items = ("caching/memory_cache", "gateway/circuit_breaking_http_client")
    told = tell("add", *items, "--to", TO, "--kit", "dependency")
    python = make_environment(tmp_path / "environment", [*told["test_requirements"], "mypy"])
    said = ran(project, python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests", path=project / "src")
    assert " passed" in said
    ran(project, python, "-m", "mypy", "--strict", "src", "tests", MYPYPATH=str(project / "src"))
    adapter = project / TO / "caching/memory_cache.py"
    adapter.write_text(adapter.read_text().replace("copy.deepcopy(entry.value)", "entry.value"))
    with pytest.raises(AssertionError, match="2 failed"):
        ran(project, python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests", path=project / "src")


def test_the_choice_is_kept(project: Path) -> None:
    say("add", "caching/redis_cache", "--to", TO, "--kit", "dependency")
    say("add", "caching/memory_cache")
    before = tree(project)
    assert not [name for name in before if name.startswith("tests/infra/contract/")]
    assert tell("update")["written"] == []
    assert tree(project) == before
    with pytest.raises(Refused, match=r"and `--kit dependency`: leave out .* or give these"):
        say("add", "caching/stale_cache", "--kit", "copied")


def test_what_comes_from_no_installed_package_is_copied(project: Path, acme: Path) -> None:
    write(acme, {"testing/__init__.py": "", "testing/cup.py": "CUP = 'cup'\n"})
    test = acme.parent / "tests/shelves/test_memory_shelf_contract.py"
    test.write_text(f"from acme.testing.cup import CUP\n{test.read_text()}")
    told = tell("add", "shelves/memory_shelf", "--from", acme, "--to", TO, "--kit", "dependency")
    assert "tests/infra/testing/cup.py" in {one["path"] for one in told["written"]}
    assert told["test_requirements"] == ["pytest"]
