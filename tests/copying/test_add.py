"""`add` writes an item and all that it needs, once, and overwrites nothing."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from infra_ref.workbench.copying.lock import base_path, hash_of, read
from infra_ref.workbench.refused import Refused
from tests.copying.bench import environment, files, say, tell, tree, write

TO = "src/shop/infra"


def test_an_adapter_comes_with_all_it_needs_and_its_test(project: Path) -> None:
    told = tell("add", "caching/memory_cache", "--to", TO)
    written = {one["path"]: one["why"] for one in told["written"]}
    assert written[f"{TO}/caching/memory_cache.py"] == "the item"
    assert written[f"{TO}/caching/port.py"] == "it needs this"
    assert written["tests/infra/caching/contracts/leasing_contract.py"] == "its test needs this"
    assert written["tests/infra/contract/rule.py"] == "its test needs this"
    assert written["tests/infra/caching/test_memory_cache_contract.py"] == "its test"
    assert told["requirements"] == []
    assert told["test_requirements"] == ["pytest"]
    assert set(written) | {"src/shop/__init__.py", "pyproject.toml"} == files(project)


def test_production_code_brings_nothing_of_the_kit(project: Path) -> None:
    say("add", "caching/memory_cache", "gateway/retrying_http_client", "--to", TO)
    inside = [name for name in files(project) if name.startswith("src/")]
    assert not [name for name in inside if "contract" in name or "testing" in name]
    assert not [name for name in inside if b"infra_ref.contract" in (project / name).read_bytes()]


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


PORTS = ("port", "leasing_port", "codec_port", "decisions/arguments")


def test_without_tests_no_contract_comes(project: Path) -> None:
    say("add", "caching/redis_cache", "--to", TO, "--no-tests")
    assert {name for name in files(project) if name.endswith(".py") and tree(project)[name]} == {
        f"{TO}/caching/{name}.py"
        for name in ("redis_cache", "redis_store", "value_codecs/json_codec", *PORTS)
    }


def test_requirements_are_those_of_the_imports(project: Path) -> None:
    told = tell("add", "caching/redis_cache", "--to", TO)
    assert told["requirements"] == ["redis>=7"]
    assert told["test_requirements"] == ["fakeredis[lua]>=2.40", "pytest"]


def test_the_lock_knows_each_file_and_where_it_came_from(project: Path) -> None:
    say("add", "caching/redis_cache", "--to", TO)
    lock = read(project)
    assert lock.items_of(TO) == lock.tested(TO) == ["caching/redis_cache"]
    (target,) = lock.targets.values()
    assert (target.package, target.imports, target.tests) == ("shop.infra", "absolute", "tests/infra")
    for entry in lock.entries.values():
        text = (project / entry.path).read_text()
        assert entry.written == hash_of(text)
        assert not text or (project / base_path(entry.written)).read_text() == text
    lines = (project / ".infra-ref/lock.jsonl").read_text().splitlines()
    assert lines[1:] == sorted(lines[1:])
    assert all(len(line) < 300 for line in lines)


@pytest.mark.parametrize("name", ["RedisCache", "redis-cache", "redis_cache", "caching.redis_cache"])
def test_an_item_goes_by_each_of_its_names(project: Path, name: str) -> None:
    assert f"{TO}/caching/redis_cache.py" in {one["path"] for one in tell("add", name, "--to", TO)["written"]}


def test_what_is_of_no_use_alone_brings_its_simplest_partner(project: Path) -> None:
    written = {one["path"]: one["why"] for one in tell("add", "redis-cache", "--to", TO)["written"]}
    assert written[f"{TO}/caching/value_codecs/json_codec.py"] == "it is of no use without one"


def test_what_goes_with_an_item_is_named_with_the_command(project: Path) -> None:
    told = tell("add", "gateway/retrying_http_client", "--to", TO)
    assert told["goes_with"] == ["infra-ref add gateway/httpx_http_client"]
    assert "Goes with it: infra-ref add gateway/httpx" in say("view", "gateway/retrying_http_client")
    say("add", "gateway/httpx_http_client")
    assert tell("add", "gateway/retrying_http_client")["goes_with"] == []


def test_the_target_is_asked_for_once(project: Path) -> None:
    with pytest.raises(Refused, match="begin with `infra-ref add ITEM --to FOLDER`"):
        say("add", "caching/memory_cache")
    say("add", "caching/redis_cache", "--to", TO)
    assert tell("add", "caching/memory_cache")["target"] == TO


def test_the_tests_have_fakes_of_their_own_whatever_else_is_copied(project: Path) -> None:
    """So the files of two branches are the same, and merge."""
    say("add", "caching/redis_cache", "--to", TO)
    assert not (project / TO / "clock.py").exists()
    before = tree(project)
    say("add", "caching/memory_cache")
    assert (project / TO / "clock.py").exists()
    after = tree(project)
    assert [name for name in before if after[name] != before[name]] == [".infra-ref/lock.jsonl"]
    assert "from ..clock import" in (project / "tests/infra/contract/contract.py").read_text()
    assert " PASSED" in _pytest(project)


@pytest.mark.parametrize(
    ("declared", "refused"),
    [(">=3.8", True), (">=3.10,<4", True), (">=3.11", False), ("==3.13.*", False), (">=3.12.1", False)],
)
def test_the_projects_oldest_python_is_obeyed(project: Path, declared: str, refused: bool) -> None:
    write(project, {"pyproject.toml": f'[project]\nname = "shop"\nrequires-python = "{declared}"\n'})
    before = tree(project)
    if refused:
        with pytest.raises(Refused, match=r"runs on Python 3\.(8|10) too .* needs >=3\.11"):
            say("add", "caching/redis_cache", "--to", TO)
        assert tree(project) == before
    else:
        say("add", "caching/redis_cache", "--to", TO)


def test_poetrys_python_is_obeyed(project: Path) -> None:
    write(project, {"pyproject.toml": '[tool.poetry.dependencies]\npython = "^3.9"\n'})
    with pytest.raises(Refused, match=r"runs on Python 3\.9 too"):
        say("add", "caching/redis_cache", "--to", TO)


RUFF = """\
[tool.ruff]
fix = true
line-length = 70
[tool.ruff.format]
quote-style = "single"
[tool.ruff.lint]
select = ["I", "E", "F", "UP", "D105"]
isort.force-single-line = true
"""
ITSDANGEROUS = """\
[tool.ruff]
src = ["src"]
fix = true
[tool.ruff.lint]
select = ["B", "E", "F", "I", "UP", "W"]
isort.force-single-line = true
isort.order-by-type = false
"""
HUMANIZE = """\
[tool.ruff]
fix = true
lint.extend-select = [
  "C4", "D", "E", "EM", "F", "I", "ICN", "ISC", "LOG", "PERF", "PGH", "PIE", "PT", "PYI", "RUF022", "RUF046",
  "RUF100", "TID251", "UP", "W", "YTT",
]
lint.flake8-import-conventions.aliases.datetime = "dt"
lint.flake8-import-conventions.banned-from = ["datetime"]
lint.flake8-tidy-imports.banned-api."typing.TYPE_CHECKING".msg = "use TYPE_CHECKING = False instead"
lint.isort.known-first-party = ["humanize"]
lint.isort.required-imports = ["from __future__ import annotations"]
lint.pydocstyle.convention = "google"
"""
"""Settings of two projects on PyPI, version 2.2.0 and 4.17.0."""


def own_ruff(project: Path) -> Path:
    """Give the project's environment a ruff; return its pyproject.toml."""
    (project / ".venv/bin").mkdir(parents=True)
    (project / ".venv/bin/ruff").symlink_to(Path(sys.executable).with_name("ruff"))
    return project / "pyproject.toml"


@pytest.mark.parametrize("settings", [RUFF, ITSDANGEROUS, HUMANIZE])
def test_files_come_in_the_style_of_the_projects_ruff(project: Path, settings: str) -> None:
    path = own_ruff(project)
    path.write_text(f"{path.read_text()}{settings}")
    write(project, {"src/shop/__init__.py": '"""The shop."""\n\nfrom __future__ import annotations\n'})
    told = tell("add", "caching/redis_cache", "--to", TO, "--write-config")
    assert told["declared_in"] == "pyproject.toml"
    command = [sys.executable, "-m", "ruff"]
    for check in (["check", "--no-fix"], ["format", "--check"]):
        done = subprocess.run([*command, *check, "."], cwd=project, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
    text = (project / TO / "caching/redis_cache.py").read_text()
    assert "namespace: str" in text
    assert "'{namespace!r}" in text or "'" in text
    assert tell("diff")["files"] == []
    assert {one["state"] for one in tell("status")["files"]} == {"unchanged"}


def test_what_ruff_would_still_say_is_printed_as_the_line_to_write(project: Path) -> None:
    path = own_ruff(project)
    path.write_text(path.read_text() + '[tool.ruff.lint]\nselect = ["D107"]\n')
    said = say("add", "caching/redis_cache", "--to", TO)
    assert f'  "{TO}/**" = ["D107"]' in said
    assert "D107" not in path.read_text().replace('select = ["D107"]', "")


def test_settings_for_a_ruff_that_is_not_there_are_pointed_at(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = project / "pyproject.toml"
    path.write_text(f"{path.read_text()}{RUFF}")
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    assert "no ruff in its environment: run yours" in say("add", "caching/memory_cache", "--to", TO)


def test_new_files_have_the_line_ends_of_the_project(project: Path) -> None:
    path = project / "pyproject.toml"
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    say("add", "caching/redis_cache", "--to", TO)
    data = (project / TO / "caching/redis_cache.py").read_bytes()
    assert data.count(b"\r\n") == data.count(b"\n") > 20
    assert {one["state"] for one in tell("status")["files"]} == {"unchanged"}


def test_tests_go_where_pytest_is_pointed_at(project: Path) -> None:
    path = project / "pyproject.toml"
    path.write_text(path.read_text() + '[tool.pytest.ini_options]\ntestpaths = ["checks"]\n')
    (project / "checks").mkdir()
    assert tell("add", "caching/memory_cache", "--to", TO)["tests"] == "checks/infra"


def test_copies_made_by_hand_are_adopted(project: Path) -> None:
    say("add", "caching/memory_cache", "--to", TO)
    cache = project / TO / "caching/memory_cache.py"
    cache.write_text(cache.read_text() + "\nMINE = 1\n")
    shutil.rmtree(project / ".infra-ref")
    before = tree(project)
    told = tell("adopt", "caching/memory_cache", "--to", TO)
    assert told["written"] == []
    assert {name: data for name, data in tree(project).items() if name in before} == before
    edited = [one["path"] for one in tell("status")["files"] if one["state"] == "edited"]
    assert edited == [f"{TO}/caching/memory_cache.py"]
    assert "+MINE = 1" in say("diff")


def test_adding_again_changes_nothing(project: Path) -> None:
    say("add", "caching/redis_cache", "--to", TO)
    before = tree(project)
    assert tell("add", "caching/redis_cache", "--to", TO)["written"] == []
    assert tree(project) == before


def test_a_second_item_shares_what_is_there(project: Path) -> None:
    say("add", "caching/redis_cache", "--to", TO)
    told = tell("add", "caching/memory_cache", "--to", TO, "--no-tests")
    assert [one["path"] for one in told["written"]] == [f"{TO}/caching/memory_cache.py", f"{TO}/clock.py"]
    assert read(project).items_of(TO) == ["caching/memory_cache", "caching/redis_cache"]


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
    assert {"infra/caching/redis_cache.py", "infra/caching/port.py"} <= {one["path"] for one in told["files"]}
    assert told["requirements"] == ["redis>=7"]
    said = say("view", "caching/redis_cache")
    assert "infra/caching/redis_cache.py" in said
    assert "lines besides tests" in said


# Nothing is overwritten, and nothing leaves the target


def test_a_file_in_the_way_is_not_overwritten_unasked(project: Path) -> None:
    write(project, {f"{TO}/caching/port.py": "mine = 1\n"})
    before = tree(project)
    with pytest.raises(Refused, match=r"caching/port\.py would be overwritten.*infra-ref adopt"):
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
        ("port", "is the name of several items: name caching/port or "),
        ("qqqqqqqq", r"there are backoff, caching/\w+, .* and \d+ more\.$"),
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
    names = ("shelves/memory_shelf.py", "shelves/port.py", "shelves/wood.py")
    assert there == {f"{TO}/{one}" for one in names}
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
    entries = read(project).entries.values()
    assert {(one.collection, one.version) for one in entries if one.kind == "code"} == {("shelving", "2.5")}
    assert {one["state"] for one in tell("status")["files"]} == {"unchanged"}
    with pytest.raises(Refused, match="one of infra_ref, shelving"):
        say("add", "shelves/memory_shelf", "--from", "nowhere", "--to", TO)
