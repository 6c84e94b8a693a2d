"""What an item needs is read from its imports, and its test from the project's own tests."""

from __future__ import annotations

import ast
import importlib.metadata as metadata
import re
import sys
from pathlib import Path

import pytest

from infra_ref.workbench.copying import requirements as requirements_module
from infra_ref.workbench.copying.collection import named, own
from infra_ref.workbench.copying.library import Library
from infra_ref.workbench.copying.requirements import requirements
from tests.copying.bench import write

HOUSE = Library(own())
ITEMS = HOUSE.items()


def test_the_closure_is_what_the_imports_reach() -> None:
    found = [source.item for source in HOUSE.closure([HOUSE.item("caching/single_flight_cache")])]
    assert found[0] == "caching/single_flight_cache"
    assert set(found) == {
        "caching/single_flight_cache",
        "caching/decorator",
        "caching/port",
        "caching/leasing_port",
        "caching/loading_port",
        "caching/arguments",
        "single_flight",
    }


def test_an_item_in_a_folder_of_its_role_has_a_short_name() -> None:
    for name in ("caching/stale_cache", "caching/decorators/stale_cache"):
        assert HOUSE.item(name).item == "caching/stale_cache"
    assert "caching/stale_cache" in ITEMS


def test_two_files_of_one_name_are_told_apart_by_their_folders(acme: Path) -> None:
    write(acme, {"shelves/decorators/port.py": "A = 1\n"})
    library = Library(named(str(acme)), own())
    assert library.item("shelves/port").item == "shelves/port"
    assert library.item("shelves/decorators/port").item == "shelves/decorators/port"


@pytest.mark.parametrize(
    "name", ["caching/port", "caching/port.py", "/caching/port/", "contract", "contract/rule"]
)
def test_an_item_goes_by_its_path(name: str) -> None:
    assert HOUSE.item(name).item == name.removesuffix(".py").strip("/")


def test_the_workbench_is_not_offered() -> None:
    assert not [name for name in ITEMS if name.startswith("workbench")]
    assert {"result", "caching/redis_cache", "repository/port", "gateway/port"} <= set(ITEMS)


@pytest.mark.parametrize("item", ITEMS)
def test_every_import_of_every_item_is_found(item: str) -> None:
    """No file of the house imports something of it that would not come along."""
    for source in HOUSE.closure([HOUSE.item(item)]):
        for node in ast.walk(source.module.tree):
            if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "infra_ref":
                assert HOUSE.find(str(node.module)) is not None, (source.item, node.module)


def test_relative_imports_of_other_collections_are_followed(acme: Path) -> None:
    text = "from .wood import PLANK\nfrom . import port\nfrom ..shelves.memory_shelf import x\n"
    write(acme, {"shelves/near.py": text})
    library = Library(named(str(acme)), own())
    found = {source.item for source in library.closure([library.item("shelves/near")])}
    assert found == {"shelves/near", "shelves/wood", "shelves/port", "shelves/memory_shelf"}


def strangers() -> set[str]:
    return HOUSE.strangers(HOUSE.item(name) for name in ITEMS)


def test_every_third_party_is_asked_for_as_the_project_declares_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where none of them is installed: a name that only this environment could tell would be a guess."""
    told = requirements([own()], strangers())

    def nothing(name: str) -> None:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(requirements_module.metadata, "distribution", nothing)
    monkeypatch.setattr(requirements_module, "_providers", dict)
    assert requirements([own()], strangers()) == told
    installed = metadata.packages_distributions()
    names = {re.split(r"[\[<>=~! ]", line)[0] for line in told}
    for stranger in strangers():
        assert {one.lower().replace("_", "-") for one in installed[stranger]} & names, stranger


def test_what_it_takes_to_use_a_distribution_comes_with_it() -> None:
    assert requirements([own()], {"sqlalchemy"}) == ["sqlalchemy[asyncio]>=2.1"]
    assert requirements([own()], {"aiohttp"}) == ["aiohttp>=3.12", "yarl>=1.18"]
    assert requirements([own()], {"redis", "nowhere_to_be_found"}) == ["nowhere-to-be-found", "redis>=7"]


# Ready tests

WITH_TESTS = [name for name in ITEMS if HOUSE.item(name).test]


@pytest.mark.parametrize("item", WITH_TESTS)
def test_a_ready_test_stands_by_itself_and_is_about_its_adapter(item: str) -> None:
    """It needs nothing of ours: no helper, no server, no fixture of a conftest."""
    source = HOUSE.item(item)
    assert source.test is not None
    text = source.test.read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert "INFRA_REF_" not in text
    assert not re.search(r"^\s*(from|import) tests\b", text, re.MULTILINE)
    assert [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name.startswith("Test")]
    needed = HOUSE.needs(tree)[0]
    assert source in needed
    assert any(one.for_tests for one in needed)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            asked = {argument.arg for argument in node.args.args} - {"self", "tmp_path", "monkeypatch"}
            assert not asked, f"{node.name} asks for fixtures: {asked}"


def test_the_adapters_that_keep_a_contract_bring_one() -> None:
    assert {"caching/redis_cache", "caching/memory_cache", "caching/stale_cache"} <= set(WITH_TESTS)
    assert len(WITH_TESTS) > 12


def test_ports_contracts_and_shared_modules_bring_no_test() -> None:
    for name in ("caching/port", "caching/cache_contract", "result", "contract", "contract/explain"):
        assert HOUSE.item(name).test is None


def test_the_standard_library_is_no_third_party() -> None:
    assert not strangers() & sys.stdlib_module_names
