"""What an item needs is read from its imports, and its test from the project's own tests."""

from __future__ import annotations

import ast
import importlib.metadata as metadata
import re
import subprocess
import sys
from pathlib import Path

import pytest

from infra_ref.workbench.copying import requirements as requirements_module
from infra_ref.workbench.copying.collection import named, own
from infra_ref.workbench.copying.library import Library, Source
from infra_ref.workbench.copying.ready_test import ready_test
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
        for node in ast.walk(source.tree):
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


def keeps_a_port(source: Source) -> bool:
    """Whether the house has a class of its own for it that is held to a contract, as the names tell."""
    adapters = ("memory_", "redis_", "two_level_", "single_flight", "stale_", "counted_", "httpx_")
    return source.path.stem.startswith(adapters) and source.path.stem.endswith(("_cache", "_client"))


@pytest.mark.parametrize("item", [name for name in ITEMS if keeps_a_port(HOUSE.item(name))])
def test_every_adapter_brings_a_test_that_holds_it_to_its_contract(item: str) -> None:
    found = ready_test(HOUSE, HOUSE.item(item))
    assert found is not None
    assert found.contract
    tree = ast.parse(found.text)
    assert [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name.startswith("Test")]
    assert HOUSE.item(item).module in {one.module for one in HOUSE.needs(tree)[0]}


def test_ready_tests_stand_by_themselves(tmp_path: Path) -> None:
    """Every name that they use is bound, every import is used, and nothing is ours alone."""
    for item in ITEMS:
        found = ready_test(HOUSE, HOUSE.item(item))
        if found is not None:
            assert "INFRA_REF_" not in found.text
            assert not re.search(r"^\s*(from|import) tests\b", found.text, re.MULTILINE)
            write(tmp_path, {f"{item}.py": found.text})
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--select=F", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert len(list(tmp_path.rglob("*.py"))) > 15


HELPERS = """\
import os

import pytest

from acme.shelves.memory_shelf import MemoryShelf
from tests.servers.valkey import running

LIMIT = 3


class Bench:
    def make(self):
        return MemoryShelf()


class ServerBench(Bench):
    url = os.environ.get("INFRA_REF_TEST_URL")


class WireBench(Bench):
    server = running


@pytest.fixture
def valkey():
    return LIMIT
"""
TESTS = """\
\"\"\"Shelves keep their promise.\"\"\"

from acme.shelves.memory_shelf import MemoryShelf
from acme.shelves.shelf_contract import ShelfContract
from acme.shelves.metal_shelf import MetalShelf
from tests.shelves.helpers import LIMIT, Bench, ServerBench, WireBench


class TestMemory(Bench, ShelfContract):
    limit = LIMIT


class TestOnServer(ServerBench, ShelfContract):
    pass


class TestOnWire(WireBench, ShelfContract):
    pass


class TestMetal(Bench, ShelfContract):
    def make(self):
        return MetalShelf()


def test_with_a_fixture(valkey):
    assert MemoryShelf()


def test_plain(tmp_path):
    assert MemoryShelf()
"""
CUT = """\
\"\"\"Shelves keep their promise.\"\"\"

from __future__ import annotations

from acme.shelves.memory_shelf import MemoryShelf
from acme.shelves.shelf_contract import ShelfContract

LIMIT = 3


class Bench:
    def make(self):
        return MemoryShelf()


class TestMemory(Bench, ShelfContract):
    limit = LIMIT
"""


@pytest.fixture
def shelves(acme: Path) -> Library:
    write(acme, {"shelves/shelf_contract.py": "class ShelfContract: ...\n"})
    tests = acme.parent / "tests/shelves"
    write(tests, {"helpers.py": HELPERS, "test_memory_shelf.py": TESTS})
    return Library(named(str(acme)), own())


def test_the_test_is_cut_out_with_what_it_stands_on(shelves: Library) -> None:
    found = ready_test(shelves, shelves.item("shelves/memory_shelf"))
    assert found is not None
    assert found.contract
    assert found.text == CUT


def test_each_item_gets_the_test_that_is_most_its_own(shelves: Library) -> None:
    found = ready_test(shelves, shelves.item("shelves/metal_shelf"))
    assert found is not None
    assert "class TestMetal(" in found.text
    assert "class TestMemory(" not in found.text


def test_what_needs_a_server_or_a_foreign_fixture_is_no_ready_test(shelves: Library, acme: Path) -> None:
    text = TESTS.replace("class TestMemory(Bench", "class Unused(Bench").replace("TestMetal", "Other")
    write(acme.parent, {"tests/shelves/test_memory_shelf.py": text.replace("test_plain", "plain")})
    assert ready_test(shelves, shelves.item("shelves/memory_shelf")) is None


def test_failing_a_contract_the_plain_tests_come(shelves: Library, acme: Path) -> None:
    text = TESTS.replace("class Test", "class Un").replace(
        "from acme.shelves.shelf_contract import ShelfContract\n", "ShelfContract = object\n"
    )
    write(acme.parent, {"tests/shelves/test_memory_shelf.py": text})
    found = ready_test(shelves, shelves.item("shelves/memory_shelf"))
    assert found is not None
    assert not found.contract
    assert "def test_plain(" in found.text
    assert "valkey" not in found.text


def test_ports_contracts_and_shared_modules_bring_no_test() -> None:
    for name in ("caching/port", "caching/cache_contract", "result", "contract", "contract/explain"):
        assert ready_test(HOUSE, HOUSE.item(name)) is None


def test_the_standard_library_is_no_third_party() -> None:
    assert not strangers() & sys.stdlib_module_names
