"""How a project is laid out: where its code begins, what its packages are called, how it imports."""

from __future__ import annotations

import itertools
import keyword
import os
import re
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from infra_ref.workbench.copying.lock import Kit, Style, Target
from infra_ref.workbench.project_files import own_files, project_of
from infra_ref.workbench.pyproject import read_pyproject, read_setting
from infra_ref.workbench.refused import Refused

_ENOUGH = 400
"""Files that are read to learn how a project imports."""
_IMPORT = re.compile(rb"^[ \t]*(?:from|import)[ \t]+([.\w]+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Layout:
    """Where copied files go. `target` and `tests` are paths below `project`, with slashes.

    `package` is the dotted name of the target, "" where that is itself on the path.
    """

    project: Path
    target: str
    tests: str
    package: str
    imports: Style
    kit: Kit = "copied"

    @classmethod
    def of(cls, project: Path, known: Target) -> Self:
        """Return the layout that the lock knows."""
        return cls(project, known.path, known.tests, known.package, known.imports, known.kit)

    @property
    def known(self) -> Target:
        """What the lock is to know of it."""
        return Target(self.target, self.package, self.imports, self.tests, self.kit)

    @property
    def folder(self) -> Path:
        """The target itself."""
        return self.project / self.target

    @property
    def root(self) -> Path:
        """The folder that is on the path, so that `package` begins there."""
        depth = len(self.package.split(".")) if self.package else 0
        return self.folder.parents[depth - 1] if depth else self.folder

    @property
    def regular(self) -> bool:
        """Whether the target is to have an `__init__.py`: not on the path itself, nor in a namespace."""
        return bool(self.package) and not self._namespace

    def new_file(self, text: str) -> bytes:
        """Return a text with the line ends that the project's pyproject.toml has."""
        sample = self.project / "pyproject.toml"
        windows = sample.is_file() and b"\r\n" in sample.read_bytes()
        return (text.replace("\n", "\r\n") if windows else text).encode()

    @property
    def new_parents(self) -> list[Path]:
        """The folders above the target that are not there yet and are to be regular packages."""
        above = [
            one for one in reversed(self.folder.parents) if one.is_relative_to(self.root) and one != self.root
        ]
        return [] if self._namespace else [one for one in above if not one.exists()]

    @property
    def _namespace(self) -> bool:
        if (self.folder / "__init__.py").exists():
            return False
        if self.folder.is_dir() and any(self.folder.rglob("*.py")):
            return True
        above = [one for one in self.folder.parents if one.is_relative_to(self.root) and one != self.root]
        nearest = next((one for one in above if one.exists()), None)
        return nearest is not None and not (nearest / "__init__.py").exists()


def find_layout(
    to: Path, *, tests: Path | None = None, package: str | None = None, imports: Style | None = None
) -> Layout:
    """Look at the project around the folder `to`, which need not be there yet.

    Raises Refused for a folder that cannot be a package, or that leaves the project by a symbolic link.
    """
    named, target = Path(os.path.abspath(to)), to.resolve()  # noqa: PTH100 - links unfollowed
    project = project_of(target)
    if project_of(named).resolve() != project:
        raise Refused(f"{to} is a symbolic link that leads out of its project: name the folder itself.")
    if target.exists() and not target.is_dir():
        raise Refused(f"{to} is a file: --to takes a folder.")
    roots = _roots(project)
    habits = _Habits(project)
    if package is None:
        root = _root_above(target, project, roots, habits)
        package = ".".join(target.relative_to(root).parts)
    _check(package, to)
    home = (tests or _tests_folder(project, target, package)).resolve()
    if not home.is_relative_to(project):
        raise Refused(f"{tests} is not in the project {project}: --tests-to takes a folder in it.")
    return Layout(
        project,
        target.relative_to(project).as_posix(),
        home.relative_to(project).as_posix(),
        package,
        imports or habits.style(package),
    )


def _tests_folder(project: Path, target: Path, package: str) -> Path:
    """Return the folder for the tests: named for the target, in the folder that pytest is pointed at."""
    declared: list[object] = read_setting(
        read_pyproject(project), "tool", "pytest", "ini_options", "testpaths", default=[]
    )
    folders = [project / one for one in (*declared, "tests", "test") if isinstance(one, str)]
    there = (one for one in folders if one.is_dir() and not target.is_relative_to(one))
    folder = next(there, project / "tests")
    if target == project:
        return folder / "infra"
    # pytest may put the folder of the tests on the path, and two packages of one name would clash there
    clashes = target.name == package and not (folder / "__init__.py").exists()
    return folder / (f"{target.name}_tests" if clashes else target.name)


def _root_above(target: Path, project: Path, roots: list[Path], habits: _Habits) -> Path:
    """Return the folder that is on the path: what the project declares, or imports as, or looks like."""
    for root in roots:
        if target.is_relative_to(root) and root != project:
            return root
    above = [one for one in (target, *target.parents) if one.is_relative_to(project)]
    # The project's own imports tell: `from shop.orders import ...` begins at the folder that has `shop`.
    known = [(habits.begins[one.name], one.parent) for one in above if one != project]
    most, root = max(known, key=lambda pair: pair[0], default=(0, project))
    if most:
        return root
    root = next((one for one in above if (one / "__init__.py").exists()), project)
    while (root / "__init__.py").exists() and root != project:
        root = root.parent
    return root


def _roots(project: Path) -> list[Path]:
    """Return the folders that the build's settings put on the path, and `src`."""
    tool = read_pyproject(project).get("tool", {})
    wheel: list[str] = read_setting(tool, "hatch", "build", "targets", "wheel", "packages", default=[])
    named: list[str] = [
        *read_setting(tool, "setuptools", "packages", "find", "where", default=[]),
        read_setting(tool, "setuptools", "package-dir", "", default="src"),
        read_setting(tool, "pdm", "build", "package-dir", default="src"),
        read_setting(tool, "uv", "build-backend", "module-root", default="src"),
        *(str(Path(one).parent) for one in wheel),
        "src",
    ]
    return sorted({(project / one).resolve() for one in named if one}, key=lambda one: -len(one.parts))


class _Habits:
    """What the project's own files show: the first names of its imports, and relative imports by folder."""

    def __init__(self, project: Path) -> None:
        self.begins: Counter[str] = Counter()
        self._relative = 0
        self._absolute: Counter[str] = Counter()
        for file in itertools.islice(own_files(project), _ENOUGH):
            for_tests = {"test", "tests"} & set(file.relative_to(project).parts) or file.name[:5] == "test_"
            for name in _IMPORT.findall(file.read_bytes()):
                first = name.split(b".")[0].decode(errors="replace")
                if first:
                    self.begins[first] += 1
                if first and not for_tests:
                    self._absolute[first] += 1
                elif not first and not for_tests:
                    self._relative += 1

    def style(self, package: str) -> Style:
        return (
            "relative" if self._relative > self._absolute[package.split(".", maxsplit=1)[0]] else "absolute"
        )


def _check(package: str, to: Path) -> None:
    for part in package.split(".") if package else ():
        if not part.isidentifier() or keyword.iskeyword(part):
            raise Refused(
                f"{to} would be the package {package}, and {part!r} is no name in Python: "
                "give another folder, or the package's name with --package."
            )
    top = package.split(".", maxsplit=1)[0]
    if top in sys.stdlib_module_names:
        raise Refused(
            f"{to} would be the package {package}, and {top} is a module of Python's own: give another one."
        )
