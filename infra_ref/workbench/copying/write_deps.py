"""Write into a project's pyproject.toml what copied files need, and leave the rest of that file as it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement

from infra_ref.workbench.copying import journal
from infra_ref.workbench.copying.journal import Change
from infra_ref.workbench.copying.plan import Plan
from infra_ref.workbench.copying.requirements import distribution
from infra_ref.workbench.refused import Refused
from infra_ref.workbench.text_file import read_text_file

NAME = "pyproject.toml"
_GROUPS = ("test", "tests", "testing", "dev")
"""Where a project keeps what its tests need: the first of these that stands, else `dev`."""


@dataclass(slots=True)
class Written:
    """The change to the file, its path where there is one, and what the owner should look at."""

    changes: list[Change] = field(default_factory=list)
    path: str | None = None
    notes: list[str] = field(default_factory=list)


def pyproject_with(project: Path, plan: Plan | None, ignores: Mapping[str, Iterable[str]]) -> Written:
    """Return pyproject.toml with what `plan` needs, and with the rules that ruff must ignore, by folder.

    A requirement that is there stays. Raises Refused where the file is missing, is not TOML, or keeps
    its dependencies elsewhere.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    if plan is None and not ignores:
        return Written()
    file = read_text_file(project / NAME)
    if file is None:
        raise Refused(f"There is no {NAME} in {project} to write to: leave out --write-deps, --write-config.")
    try:
        document = tomlkit.parse(file.text)
    except TOMLKitError as error:
        raise Refused(f"{project / NAME} is not TOML: {error}.") from error
    written = Written()
    if ignores:
        _ignore(document, ignores)
    if plan is None:
        pass
    elif "project" in document:
        _standard(document, plan, written)
    else:
        raise Refused(
            f"{project / NAME} has no [project] table, so --write-deps has nowhere to write: leave it out."
        )
    text = tomlkit.dumps(document)
    if text != file.text:
        written.changes.append(journal.change(project, NAME, file.like(text)))
        written.path = NAME
    return written


def _ignore(document: Any, ignores: Mapping[str, Iterable[str]]) -> None:
    import tomlkit

    ruff = document.get("tool", {}).get("ruff", {})
    dotted = "lint" in ruff and "[tool.ruff.lint" not in document.as_string()  # lint.select = ...
    if dotted and "per-file-ignores" not in ruff["lint"]:
        for folder, rules in ignores.items():
            ruff.append(tomlkit.key(["lint", "per-file-ignores", folder]), sorted(rules))
        return
    table = document
    for key in ("tool", "ruff", "lint", "per-file-ignores"):
        table = table.setdefault(key, tomlkit.table(is_super_table=key != "per-file-ignores"))
    for folder, rules in ignores.items():
        table[folder] = sorted({*table.get(folder, ()), *rules})


def _standard(document: Any, plan: Plan, written: Written) -> None:
    project = document["project"]
    if "dependencies" in project.get("dynamic", []):
        raise Refused(
            "[project] says that dependencies are dynamic, so kept elsewhere: leave out --write-deps."
        )
    if plan.requirements:
        _extend(project, "dependencies", plan.requirements, written, before="optional-dependencies")
    if not plan.test_requirements:
        return
    groups, extras = document.get("dependency-groups"), project.get("optional-dependencies", {})
    if groups is None and (name := _first(extras)):
        _extend(extras, name, plan.test_requirements, written, also=project.get("dependencies", []))
        return
    if groups is None:
        import tomlkit

        document["dependency-groups"] = groups = tomlkit.table()
    _extend(
        groups, _first(groups) or "dev", plan.test_requirements, written, also=project.get("dependencies", [])
    )


def _first(groups: Any) -> str | None:
    return next((name for name in _GROUPS if name in groups), None)


def _extend(
    table: Any,
    key: str,
    requirements: Iterable[str],
    written: Written,
    *,
    also: Iterable[Any] = (),
    before: str = "",
) -> None:
    """Append to an array what it does not name yet, in the form that the array has."""
    import tomlkit

    if key not in table:
        array = tomlkit.array()
        if len(list(requirements)) > 1:
            array.multiline(True)
        table.add(key, array)
    array = table[key]
    here = {distribution(one): one for one in (*also, *array) if isinstance(one, str)}
    for requirement in requirements:
        there = here.get(distribution(requirement))
        if there is None:
            array.append(requirement)
        elif Requirement(requirement) != Requirement(there) and Requirement(requirement).specifier:
            written.notes.append(f"{NAME} has {there}, and {requirement} is needed: see that it fits.")
