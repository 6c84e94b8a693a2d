"""Where code begins and how it imports is told from the project, not asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra_ref.workbench.copying.layout import find_layout
from tests.copying.bench import write

INIT = {"shop/__init__.py": ""}
POINTED = '[tool.pytest.ini_options]\ntestpaths = ["src", "checks"]\n'


def below(prefix: str, files: dict[str, str]) -> dict[str, str]:
    return {f"{prefix}{name}": text for name, text in files.items()}


@pytest.mark.parametrize(
    ("files", "to", "package"),
    [
        ({}, "src/shop/infra", "shop.infra"),
        ({}, "shop/infra", "shop.infra"),
        ({}, "infra", "infra"),
        (INIT, "shop/infra", "shop.infra"),
        (below("src/", INIT), "src/shop/infra/deep", "shop.infra.deep"),
        (below("src/acme/", INIT), "src/acme/shop/infra", "acme.shop.infra"),
        (
            below("acme/", INIT) | {"acme/run.py": "from acme.shop import x"},
            "acme/shop/infra",
            "acme.shop.infra",
        ),
        (below("backend/", INIT) | {"backend/run.py": "import shop.x"}, "backend/shop/infra", "shop.infra"),
        (below("backend/", INIT), "backend/shop/infra", "shop.infra"),
        ({"pyproject.toml": '[tool.setuptools.packages.find]\nwhere = ["python"]\n'}, "python/shop", "shop"),
        (
            {"pyproject.toml": '[tool.setuptools]\npackage-dir = {"" = "lib"}\n'},
            "lib/shop/infra",
            "shop.infra",
        ),
        (
            {"pyproject.toml": '[tool.hatch.build.targets.wheel]\npackages = ["code/shop"]\n'},
            "code/shop/infra",
            "shop.infra",
        ),
        ({}, ".", ""),
        ({}, "src", ""),
    ],
)
def test_the_package_of_a_folder(project: Path, files: dict[str, str], to: str, package: str) -> None:
    write(project, files)
    assert find_layout(Path(to)).package == package


@pytest.mark.parametrize(
    ("files", "style"),
    [
        ({}, "absolute"),
        ({"shop/a.py": "from shop.b import x\nfrom shop.c import y\nfrom .d import z\n"}, "absolute"),
        (
            {
                "shop/a.py": "from .b import x\nfrom ..c import y\n",
                "tests/test_a.py": "from shop.a import q\n",
            },
            "relative",
        ),
    ],
)
def test_the_style_is_the_projects(project: Path, files: dict[str, str], style: str) -> None:
    write(project, INIT | files)
    assert find_layout(Path("shop/infra")).imports == style


def test_environments_and_hidden_folders_tell_nothing(project: Path) -> None:
    relative = "from .a import b\n" * 9
    write(
        project,
        INIT | {f"{name}/x.py": relative for name in (".venv", "env2/lib", "node_modules/a", "build")},
    )
    write(project, {"env2/pyvenv.cfg": "", "shop/a.py": "from shop.b import c\n"})
    assert find_layout(Path("shop/infra")).imports == "absolute"


@pytest.mark.parametrize(
    ("there", "tests"),
    [
        ({}, "tests/infra"),
        ({"tests/a.txt": ""}, "tests/infra"),
        ({"test/a.txt": ""}, "test/infra"),
        ({"pyproject.toml": POINTED, "src/a.txt": "", "checks/a.txt": ""}, "checks/infra"),
    ],
)
def test_where_tests_go(project: Path, there: dict[str, str], tests: str) -> None:
    write(project, there)
    assert find_layout(Path("src/shop/infra")).tests == tests


@pytest.mark.parametrize(
    ("files", "regular"),
    [
        ({}, True),
        (INIT, True),
        ({"shop/other/__init__.py": ""}, False),
        ({"shop/infra/mine.py": ""}, False),
        ({"shop/infra/mine.py": "", "shop/infra/__init__.py": ""}, True),
    ],
)
def test_a_namespace_package_is_not_made_a_regular_one(
    project: Path, files: dict[str, str], regular: bool
) -> None:
    write(project, files)
    assert find_layout(Path("shop/infra")).regular is regular


def test_without_a_project_the_current_folder_is_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    layout = find_layout(Path("shop/infra"))
    assert (layout.project, layout.package) == (tmp_path.resolve(), "shop.infra")
