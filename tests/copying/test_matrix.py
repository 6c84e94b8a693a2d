"""In an empty project, with only its requirements installed, every copied item works and is clean.

A representative cut here; all of it with the mark `deep`.
"""

from __future__ import annotations

import ast
import itertools
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra_ref.workbench.copying.collection import own
from infra_ref.workbench.copying.library import Library
from tests.copying.bench import environment, tell, tree, write
from tests.copying.environments import make_environment

ITEMS = Library(own()).items()


@dataclass(frozen=True)
class Kind:
    """One layout of projects: where code goes, what it is called, and what makes it so."""

    to: str
    path: str
    package: str
    there: tuple[str, ...] = ()
    mypy: tuple[str, ...] = ()


LAYOUTS = {
    "src": Kind("src/shop/infra", "src", "shop.infra"),
    "flat": Kind("shop/infra", ".", "shop.infra"),
    # A folder without `__init__.py` that others put packages into as well.
    "namespace": Kind(
        "src/acme/shop/infra",
        "src",
        "acme.shop.infra",
        ("src/acme/other/__init__.py",),
        ("--namespace-packages", "--explicit-package-bases"),
    ),
}
STYLES = ("absolute", "relative")
Environments = Callable[[Iterable[str]], Path]


@pytest.fixture(scope="session")
def environments(tmp_path_factory: pytest.TempPathFactory) -> Environments:
    """Make an environment for some requirements, once."""
    made: dict[tuple[str, ...], Path] = {}

    def make(requirements: Iterable[str]) -> Path:
        wanted = tuple(sorted(requirements))
        if wanted not in made:
            made[wanted] = make_environment(tmp_path_factory.mktemp("environment"), wanted)
        return made[wanted]

    return make


def copied(project: Path, layout: str, style: str, items: Sequence[str]) -> dict[str, Any]:
    kind = LAYOUTS[layout]
    write(project, dict.fromkeys(kind.there, ""))
    settings = f'[tool.pytest.ini_options]\npythonpath = ["{kind.path}"]\n'
    write(project, {"pyproject.toml": f'[project]\nname = "shop"\n{settings}'})
    told: dict[str, Any] = tell("add", *items, "--to", kind.to, "--imports", style)
    assert told["package"] == kind.package
    return told


def runs(project: Path, python: Path, layout: str) -> None:
    """Import every copied module and run every copied test with that Python."""
    kind = LAYOUTS[layout]
    files = sorted((project / kind.to).rglob("*.py"))
    names = [".".join(file.relative_to(project / kind.path).with_suffix("").parts) for file in files]
    code = "import importlib, sys\nfor name in sys.argv[1:]: importlib.import_module(name)\n"
    code += "sys.exit(any(name.split('.')[0] == 'infra_ref' for name in sys.modules))"
    modules = [name.removesuffix(".__init__") for name in names]
    ran(project, python, "-W", "error", "-c", code, *modules, path=project / kind.path)
    if (project / "tests").is_dir():
        said = ran(project, python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", "tests")
        assert " passed" in said


def clean(project: Path) -> None:
    """Ruff has nothing to say, and no file imports infra_ref."""
    ran(project, Path(sys.executable), "-m", "ruff", "check", "--isolated", "--no-cache", ".")
    for name, data in tree(project).items():
        if name.endswith(".py"):
            assert not [one for one in _imports(data) if one.split(".")[0] == "infra_ref"], name


def typed(project: Path, python: Path, layout: str, cache: Path) -> None:
    """Mypy's defaults have nothing to say."""
    kind = LAYOUTS[layout]
    options = [*kind.mypy, "--cache-dir", str(cache), "--python-executable", str(python)]
    code = kind.to.split("/")[0]
    environ = {"MYPYPATH": str(project / kind.path)}
    ran(project, Path(sys.executable), "-m", "mypy", *options, code, "tests", **environ)


def ran(project: Path, python: Path, *arguments: str, path: Path | None = None, **more: str) -> str:
    done = subprocess.run(
        [str(python), *arguments],
        cwd=project,
        env=environment(*([path] if path else [])) | more,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _imports(data: bytes) -> list[str]:
    nodes = list(ast.walk(ast.parse(data)))
    found = [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)]
    return found + [one.name for node in nodes if isinstance(node, ast.Import) for one in node.names]


SOME = ("caching/redis_cache", "caching/single_flight_cache", "gateway/memory_http_client")


@pytest.mark.parametrize(
    ("layout", "style"), [("src", "absolute"), ("flat", "relative"), ("namespace", "absolute")]
)
def test_some_items(project: Path, environments: Environments, layout: str, style: str) -> None:
    told = copied(project, layout, style, SOME)
    runs(project, environments([*told["requirements"], *told["test_requirements"]]), layout)
    clean(project)


def test_some_items_are_typed(project: Path, environments: Environments, tmp_path: Path) -> None:
    told = copied(project, "src", "relative", SOME)
    typed(
        project, environments([*told["requirements"], *told["test_requirements"]]), "src", tmp_path / "mypy"
    )


def test_an_environment_has_what_was_asked_for_and_no_more(
    environments: Environments, tmp_path: Path
) -> None:
    python = environments(["fakeredis[lua]>=2.40"])
    ran(tmp_path, python, "-c", "import fakeredis, lupa, redis")
    absent = "('pytest', 'infra_ref', 'httpx')"
    ran(tmp_path, python, "-c", f"import importlib.util as u; assert not any(map(u.find_spec, {absent}))")


def test_add_runs_the_tests_with_the_projects_python(project: Path) -> None:
    make_environment(project / ".venv", ["pytest"])
    told = tell("add", "caching/memory_cache", "--to", "src/shop/infra", "--test")
    assert told["tests_passed"] is True
    adapter = project / "src/shop/infra/caching/memory_cache.py"
    adapter.write_text(adapter.read_text().replace("copy.deepcopy(entry.value)", "entry.value"))
    told = tell("add", "caching/memory_cache", "--to", "src/shop/infra", "--test")
    assert (told["tests_passed"], told["exit"]) == (False, 1)


# All of it

COMBINATIONS = list(itertools.product(LAYOUTS, STYLES))


@pytest.mark.deep
@pytest.mark.parametrize(("layout", "style"), COMBINATIONS)
def test_all_items_together(
    project: Path,
    environments: Environments,
    tmp_path_factory: pytest.TempPathFactory,
    layout: str,
    style: str,
) -> None:
    told = copied(project, layout, style, ITEMS)
    python = environments([*told["requirements"], *told["test_requirements"]])
    clean(project)
    runs(project, python, layout)
    typed(project, python, layout, tmp_path_factory.getbasetemp() / "mypy")


@pytest.mark.deep
@pytest.mark.parametrize("item", ITEMS)
def test_each_item_alone(project: Path, environments: Environments, item: str) -> None:
    """Its requirements are all that it needs. The combinations take turns."""
    layout, style = COMBINATIONS[ITEMS.index(item) % len(COMBINATIONS)]
    told = copied(project, layout, style, [item])
    runs(project, environments([*told["requirements"], *told["test_requirements"]]), layout)
    clean(project)
