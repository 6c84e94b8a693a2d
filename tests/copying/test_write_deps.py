"""`--write-deps` writes what is missing, and leaves the rest of pyproject.toml byte for byte."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from infra_ref.workbench.refused import Refused
from tests.copying.bench import say, tell, tree

TO = "src/shop/infra"
ADD = ("add", "caching/redis_cache", "--to", TO, "--write-deps")


def after(project: Path, text: str) -> str:
    (project / "pyproject.toml").write_text(text, newline="")
    say(*ADD)
    return (project / "pyproject.toml").read_bytes().decode()


HEAD = '[project]\nname = "shop"  # the shop\nversion = "1"\n'
DEV = '\n[dependency-groups]\ndev = [\n    "fakeredis[lua]>=2.40",\n    "pytest",\n]\n'


@pytest.mark.parametrize(
    ("before", "wanted"),
    [
        (HEAD, HEAD + 'dependencies = ["redis>=7"]\n' + DEV),
        (HEAD + "dependencies = []\n", HEAD + 'dependencies = ["redis>=7"]\n' + DEV),
        (HEAD + 'dependencies = ["httpx"]\n', HEAD + 'dependencies = ["httpx", "redis>=7"]\n' + DEV),
        (
            HEAD + 'dependencies = [\n  "httpx",  # calls\n  # the rest\n  "attrs"\n]\n',
            HEAD + 'dependencies = [\n  "httpx",  # calls\n  # the rest\n  "attrs",\n  "redis>=7"\n]\n' + DEV,
        ),
        (
            HEAD + 'dependencies = ["Redis >= 5"]\n[dependency-groups]\ntest = ["pytest>=8"]\n',
            HEAD
            + 'dependencies = ["Redis >= 5"]\n[dependency-groups]\n'
            + 'test = ["pytest>=8", "fakeredis[lua]>=2.40"]\n',
        ),
        (
            HEAD + 'dependencies = ["redis>=7"]\n[project.optional-dependencies]\ndev = ["pytest"]\n',
            HEAD
            + 'dependencies = ["redis>=7"]\n[project.optional-dependencies]\n'
            + 'dev = ["pytest", "fakeredis[lua]>=2.40"]\n',
        ),
        (
            HEAD + "\n[tool.x]\na = 1\n",
            HEAD + 'dependencies = ["redis>=7"]\n\n[tool.x]\na = 1\n' + DEV,
        ),
    ],
    ids=["nothing", "empty", "one line", "many lines", "there already", "in an extra", "other tables"],
)
def test_what_is_missing_is_written(project: Path, before: str, wanted: str) -> None:
    assert after(project, before) == wanted
    assert tell(*ADD)["declared_in"] is None  # nothing is missing any more


def test_newlines_stay_those_of_the_file(project: Path) -> None:
    text = after(project, (HEAD + 'dependencies = [\n    "httpx",\n]\n').replace("\n", "\r\n"))
    assert text.count("\n") == text.count("\r\n")
    assert '    "redis>=7",\r\n' in text


def test_a_requirement_without_a_version_is_met_by_any(project: Path) -> None:
    (project / "pyproject.toml").write_text(f'{HEAD}[dependency-groups]\ntesting = ["pytest != 8.1.*"]\n')
    told = tell(*ADD)
    assert told["notes"] == []
    groups = tomllib.loads((project / "pyproject.toml").read_text())["dependency-groups"]
    assert groups == {"testing": ["pytest != 8.1.*", "fakeredis[lua]>=2.40"]}


def test_another_version_that_is_there_is_pointed_at(project: Path) -> None:
    (project / "pyproject.toml").write_text(HEAD + 'dependencies = ["redis<6"]\n')
    assert tell(*ADD)["notes"] == ["pyproject.toml has redis<6, and redis>=7 is needed: see that it fits."]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HEAD + 'dynamic = ["dependencies"]\n', "dependencies are dynamic"),
        ("[build-system]\n", r"has no \[project\] table"),
        ("[project\n", "cannot be read as TOML"),
        (None, "There is no pyproject.toml"),
    ],
)
def test_where_it_cannot_be_written_nothing_is(project: Path, text: str | None, says: str) -> None:
    if text is None:
        (project / "pyproject.toml").unlink()
        (project / "setup.cfg").write_text("")
    else:
        (project / "pyproject.toml").write_text(text)
    before = tree(project)
    with pytest.raises(Refused, match=says):
        say(*ADD)
    assert tree(project) == before
