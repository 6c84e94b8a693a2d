"""`add` writes an item and all that it needs, once, and overwrites nothing."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra_ref.workbench.copying.lock_file import read
from infra_ref.workbench.refused import Refused
from tests.copying.bench import environment, say, tell, tree, write

TO = "src/shop/infra"


def test_an_adapter_comes_with_all_it_needs_and_its_test(project: Path) -> None:
    told = tell("add", "caching/memory_cache", "--to", TO)
    written = {one["path"]: one["why"] for one in told["written"]}
    assert written[f"{TO}/caching/memory_cache.py"] == "the item"
    assert written[f"{TO}/caching/port.py"] == "it needs this"
    assert written[f"{TO}/caching/contracts/leasing_contract.py"] == "its test needs this"
    assert written["tests/infra/caching/test_memory_cache_contract.py"] == "its test"
    assert told["requirements"] == []
    assert told["test_requirements"] == ["pytest"]
    assert set(written) | {"src/shop/__init__.py", f"{TO}/infra-ref.lock", "pyproject.toml"} == set(
        tree(project)
    )


def test_the_copied_test_holds_the_copied_adapter_to_its_contract(project: Path) -> None:
    say("add", "caching/memory_cache", "--to", TO)
    assert _pytest(project).count(" PASSED") > 30
    adapter = project / TO / "caching/memory_cache.py"
    broken = adapter.read_text().replace("copy.deepcopy(entry.value)", "entry.value")
    adapter.write_text(broken)
    said = _pytest(project)
    failed = {line.split("::")[-1].split()[0] for line in said.splitlines() if " FAILED" in line}
    assert failed == {"test_CACHE_18_hands_out_copies", "test_MULTI_08_hands_out_many_copies"}


def _pytest(project: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "tests"],
        cwd=project,
        env=environment(project / "src"),
        capture_output=True,
        text=True,
    )
    assert "infra_ref/" not in done.stdout  # no rule ran that was not copied
    return done.stdout


def test_without_tests_no_contract_comes(project: Path) -> None:
    say("add", "caching/redis_cache", "--to", TO, "--no-tests")
    assert {name for name in tree(project) if name.endswith(".py") and tree(project)[name]} == {
        f"{TO}/caching/redis_cache.py",
        f"{TO}/caching/redis_store.py",
        f"{TO}/caching/arguments.py",
        f"{TO}/caching/codec_port.py",
        f"{TO}/caching/leasing_port.py",
        f"{TO}/caching/port.py",
    }


def test_requirements_are_those_of_the_imports(project: Path) -> None:
    told = tell("add", "caching/redis_cache", "--to", TO)
    assert told["requirements"] == ["redis>=7"]
    assert told["test_requirements"] == ["fakeredis[lua]>=2.40", "pytest"]


def test_the_lock_knows_each_file_and_where_it_came_from(project: Path) -> None:
    say("add", "caching/redis_cache", "--to", TO)
    lock = read(project / TO)
    assert lock.items == lock.with_tests == ["caching/redis_cache"]
    assert (lock.package, lock.imports, lock.tests) == ("shop.infra", "absolute", "../../../tests/infra")
    for entry in lock.entries.values():
        folder = project / (("tests/infra") if entry.kind == "test" else TO)
        assert (folder / entry.path).read_text() == entry.base
    told = json.loads((project / TO / "infra-ref.lock").read_text())
    assert all(len(one["hash"]) == 64 and one["version"] for one in told["files"] if one["kind"] != "package")


def test_adding_again_changes_nothing(project: Path) -> None:
    say("add", "caching/redis_cache", "--to", TO)
    before = tree(project)
    assert tell("add", "caching/redis_cache", "--to", TO)["written"] == []
    assert tree(project) == before


def test_a_second_item_shares_what_is_there(project: Path) -> None:
    say("add", "caching/redis_cache", "--to", TO)
    told = tell("add", "caching/memory_cache", "--to", TO, "--no-tests")
    assert [one["path"] for one in told["written"]] == [f"{TO}/caching/memory_cache.py"]
    assert read(project / TO).items == ["caching/memory_cache", "caching/redis_cache"]


def test_an_edited_file_stays_as_it_is(project: Path) -> None:
    say("add", "caching/redis_cache", "--to", TO)
    port = project / TO / "caching/port.py"
    port.write_text(port.read_text() + "MINE = 1\n")
    say("add", "caching/memory_cache", "--to", TO)
    assert port.read_text().endswith("MINE = 1\n")


def test_force_puts_back_what_was_edited(project: Path) -> None:
    say("add", "caching/redis_cache", "--to", TO)
    before = tree(project)
    port = project / TO / "caching/port.py"
    port.write_text("mine = 1\n")
    written = tell("add", "caching/redis_cache", "--to", TO, "--force")["written"]
    assert [one["path"] for one in written] == [f"{TO}/caching/port.py"]
    assert tree(project) == before


def test_dry_run_writes_nothing(project: Path) -> None:
    before = tree(project)
    assert tell("add", "caching/redis_cache", "--to", TO, "--dry-run", "--write-deps")["written"] != []
    assert tree(project) == before
    assert not (project / "src").exists()


def test_view_tells_what_add_would_bring(project: Path) -> None:
    told = tell("view", "caching/redis_cache")
    assert {"caching/redis_cache.py", "caching/port.py"} <= {one["path"] for one in told["files"]}
    assert told["requirements"] == ["redis>=7"]
    assert "caching/redis_cache.py" in say("view", "caching/redis_cache")


# Nothing is overwritten, and nothing leaves the target


def test_a_file_in_the_way_is_not_overwritten_unasked(project: Path) -> None:
    write(project, {f"{TO}/caching/port.py": "mine = 1\n"})
    before = tree(project)
    with pytest.raises(Refused, match=r"caching/port\.py would be overwritten"):
        say("add", "caching/redis_cache", "--to", TO)
    assert tree(project) == before
    say("add", "caching/redis_cache", "--to", TO, "--force")
    assert "class Cache(Protocol" in (project / TO / "caching/port.py").read_text()


def test_an_owners_package_file_is_left_alone(project: Path) -> None:
    write(project, {f"{TO}/caching/__init__.py": "MINE = 1\n"})
    say("add", "caching/redis_cache", "--to", TO)
    assert (project / TO / "caching/__init__.py").read_text() == "MINE = 1\n"
    say("remove", "caching/redis_cache", "--to", TO)
    assert (project / TO / "caching/__init__.py").read_text() == "MINE = 1\n"


def test_a_link_that_leaves_the_project_is_refused(project: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (project / TO).mkdir(parents=True)
    (project / TO / "caching").symlink_to(outside)
    with pytest.raises(Refused, match="symbolic link that leads out"):
        say("add", "caching/redis_cache", "--to", TO)
    assert tree(outside) == {}


def test_a_target_that_is_a_link_out_of_the_project_is_refused(project: Path, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (project / "src").symlink_to(tmp_path / "outside")
    with pytest.raises(Refused, match="symbolic link that leads out of its project"):
        say("add", "caching/redis_cache", "--to", TO)


def test_a_file_that_is_a_link_is_not_written_through(project: Path, tmp_path: Path) -> None:
    (tmp_path / "theirs.py").write_text("theirs = 1\n")
    (project / TO / "caching").mkdir(parents=True)
    (project / TO / "caching/port.py").symlink_to(tmp_path / "theirs.py")
    with pytest.raises(Refused, match="is a symbolic link"):
        say("add", "caching/redis_cache", "--to", TO, "--force")
    assert (tmp_path / "theirs.py").read_text() == "theirs = 1\n"


def test_tests_do_not_leave_the_project(project: Path, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="not in the project"):
        say("add", "caching/redis_cache", "--to", TO, "--tests-to", tmp_path / "elsewhere")


@pytest.mark.parametrize(
    ("there", "says"),
    [
        ({f"{TO}/caching": "a file\n"}, "is a file, and a folder of that name is needed"),
        ({f"{TO}/caching/port.py/x.txt": "a folder\n"}, "is a folder, and a file of that name is needed"),
        ({f"{TO}/caching.py": "x = 1\n"}, "would be modules of one name"),
        ({f"{TO}/caching/port/x.py": "x = 1\n"}, "would be modules of one name"),
        ({TO: "a file\n"}, "is a file: --to takes a folder"),
    ],
)
def test_what_is_in_the_way_is_named(project: Path, there: dict[str, str], says: str) -> None:
    write(project, there)
    before = tree(project)
    with pytest.raises(Refused, match=says):
        say("add", "caching/redis_cache", "--to", TO)
    assert tree(project) == before


@pytest.mark.parametrize(
    ("to", "says"),
    [
        ("src/my-shop/infra", "no name in Python"),
        ("src/class/infra", "no name in Python"),
        ("src/logging/infra", "a module of Python's own"),
        ("src/redis", "import a package of that name"),
    ],
)
def test_a_target_that_could_not_be_imported_is_refused(project: Path, to: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        say("add", "caching/redis_cache", "--to", to)
    assert set(tree(project)) == {"pyproject.toml"}


@pytest.mark.parametrize(
    ("item", "says"),
    [
        ("caching/redis_cash", r"did you mean caching/redis_cache"),
        ("RedisCache", r"did you mean caching/redis_cache\?$"),
        ("nothing_like_it", r"there are backoff, caching/\w+, .* and \d+ more\.$"),
        ("caching", "is a folder of items: name one or more of .*caching/memory_cache"),
        ("../../etc/passwd", "There is no item"),
        ("/etc/passwd", "There is no item"),
        ("workbench/cli", "There is no item"),
        ("", "There is no item|is a folder of items"),
    ],
)
def test_an_item_that_is_none_is_refused_with_what_to_write(project: Path, item: str, says: str) -> None:
    with pytest.raises(Refused, match=says):
        say("add", item, "--to", TO)
    assert set(tree(project)) == {"pyproject.toml"}


def test_other_settings_than_those_of_the_lock_are_refused(project: Path) -> None:
    say("add", "caching/redis_cache", "--to", TO)
    with pytest.raises(Refused, match=r"was copied as shop\.infra with absolute imports"):
        say("add", "caching/memory_cache", "--to", TO, "--imports", "relative")


def test_a_read_only_file_is_named(project: Path) -> None:
    write(project, {f"{TO}/caching/port.py": "mine = 1\n"})
    (project / TO / "caching/port.py").chmod(0o444)
    with pytest.raises(Refused, match=r"port\.py is read-only"):
        say("add", "caching/redis_cache", "--to", TO, "--force")


def test_a_full_disk_is_told_and_changes_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Refused, match="No space left on device"):
        say("add", "caching/redis_cache", "--to", TO)
    assert set(tree(project)) == {"pyproject.toml"}


# Other collections


def test_a_plain_folder_is_a_collection(project: Path, acme: Path) -> None:
    say("add", "shelves/memory_shelf", "--from", acme, "--to", TO)
    there = {name for name in tree(project) if name.startswith(TO) and tree(project)[name]}
    files = ("infra-ref.lock", "shelves/memory_shelf.py", "shelves/port.py", "shelves/wood.py")
    assert there == {f"{TO}/{one}" for one in files}
    text = (project / TO / "shelves/memory_shelf.py").read_text()
    assert text.startswith("# From acme 1.0: shelves/memory_shelf.py.\n")
    assert "from shop.infra.shelves.port import Shelf" in text
    assert "see shop.infra.shelves.port" in text
    assert " PASSED" in _pytest(project)


def test_nothing_of_a_collection_is_run(project: Path, acme: Path) -> None:
    trap = "raise SystemExit('run')\n"
    write(acme, {"__init__.py": trap, "shelves/__init__.py": trap, "shelves/wood.py": f"{trap}PLANK = 3\n"})
    say("add", "shelves/memory_shelf", "--from", acme, "--to", TO)
    assert (project / TO / "shelves/__init__.py").read_text().endswith(trap)


def test_an_adapter_of_theirs_for_a_port_of_ours_brings_our_port(project: Path, acme: Path) -> None:
    theirs = "from infra_ref.caching.port import Cache\n\n\ndef f(cache: Cache[str]) -> None: ...\n"
    write(acme, {"shelves/cached.py": theirs})
    say("add", "shelves/cached", "--from", acme, "--to", TO)
    assert (project / TO / "caching/port.py").exists()
    assert "from shop.infra.caching.port import Cache" in (project / TO / "shelves/cached.py").read_text()


def test_a_link_out_of_a_collection_is_no_item(project: Path, acme: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.py").write_text("KEY = 1\n")
    (acme / "shelves/leak.py").symlink_to(tmp_path / "secret.py")
    with pytest.raises(Refused, match="There is no item"):
        say("add", "shelves/leak", "--from", acme, "--to", TO)


def test_an_installed_package_offers_items_by_entry_point(
    project: Path, acme: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = "Metadata-Version: 2.1\nName: acme\nVersion: 2.5\nRequires-Dist: redis>=7; extra == 'redis'\n"
    write(
        acme.parent,
        {
            "acme-2.5.dist-info/METADATA": info,
            "acme-2.5.dist-info/entry_points.txt": "[infra_ref.items]\nshelving = acme\n",
            "acme/__init__.py": "raise SystemExit('run')\n",
        },
    )
    monkeypatch.syspath_prepend(acme.parent)
    say("add", "shelves/memory_shelf", "--from", "shelving", "--to", TO)
    entries = read(project / TO).entries.values()
    assert {(one.collection, one.version) for one in entries if one.kind == "item"} == {("shelving", "2.5")}
    assert {one["state"] for one in tell("status")["files"]} == {"unchanged"}
    with pytest.raises(Refused, match="one of infra_ref, shelving"):
        say("add", "shelves/memory_shelf", "--from", "nowhere", "--to", TO)
