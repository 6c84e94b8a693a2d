"""Write requirements into a project's pyproject.toml, and leave the rest of that file as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra_ref.workbench.copying import journal
from infra_ref.workbench.copying.journal import Change
from infra_ref.workbench.copying.on_disk import on_disk
from infra_ref.workbench.copying.plan import Plan
from infra_ref.workbench.refused import Refused

NAME = "pyproject.toml"
_GROUPS = ("test", "tests", "testing", "dev")
"""Where a project keeps what its tests need: the first of these that stands, else `dev`."""


@dataclass(slots=True)
class Written:
    """The change to the file, what was written where, and what the owner should look at."""

    changes: list[Change] = field(default_factory=list)
    told: str = ""
    notes: list[str] = field(default_factory=list)


def with_requirements(project: Path, plan: Plan) -> Written:
    """Return pyproject.toml with what `plan` needs and does not have; a requirement that is there stays.

    Raises Refused where the file is missing, is not TOML, or keeps its dependencies elsewhere.
    """
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    file = on_disk(project / NAME)
    if file is None:
        raise Refused(f"There is no {NAME} in {project}, so --write-deps has nowhere to write: leave it out.")
    try:
        document = tomlkit.parse(file.text)
    except TOMLKitError as error:
        raise Refused(f"{project / NAME} is not TOML: {error}.") from error
    written = Written()
    if "project" in document:
        _standard(document, plan, written)
    elif "poetry" in document.get("tool", {}):
        _poetry(document["tool"]["poetry"], plan, written)
    else:
        raise Refused(
            f"{project / NAME} has no [project] table, so --write-deps has nowhere to write: leave it out."
        )
    text = tomlkit.dumps(document)
    if text != file.text:
        written.changes.append(journal.change(project, NAME, file.like(text)))
        written.told = NAME
    return written


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
    here = {_name(one): one for one in (*also, *array) if isinstance(one, str)}
    for requirement in requirements:
        there = here.get(_name(requirement))
        if there is None:
            array.append(requirement)
        elif _spelt(requirement) not in (_spelt(there), _name(requirement)):
            written.notes.append(f"{NAME} has {there}, and {requirement} is needed: see that it fits.")


def _poetry(poetry: Any, plan: Plan, written: Written) -> None:
    import tomlkit

    def put(table: Any, requirements: Iterable[str]) -> None:
        here = {_name(one) for one in (*poetry.get("dependencies", {}), *table)}
        for one in requirements:
            if _name(one) in here:
                continue
            extras, version = re.findall(r"\[([^]]*)]", one), re.sub(r"^[\w.-]+(\[[^]]*])?", "", one) or "*"
            value: Any = version
            if extras:
                value = tomlkit.inline_table()
                value.update({"version": version, "extras": [part.strip() for part in extras[0].split(",")]})
            table[_name(one)] = value

    put(poetry.setdefault("dependencies", tomlkit.table()), plan.requirements)
    if plan.test_requirements:
        groups = poetry.setdefault("group", tomlkit.table(is_super_table=True))
        group = groups.setdefault(_first(groups) or "dev", tomlkit.table(is_super_table=True))
        put(group.setdefault("dependencies", tomlkit.table()), plan.test_requirements)


def _name(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9][A-Za-z0-9._-]*", requirement)
    return re.sub(r"[-_.]+", "-", found[0]).lower() if found else ""


def _spelt(requirement: str) -> str:
    return re.sub(r"\s", "", requirement).lower()
