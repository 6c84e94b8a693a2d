"""What the commands tell: as plain data for machines, and as lines for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from infra_ref.workbench.copying.adding import Added
    from infra_ref.workbench.copying.comparing import Difference
    from infra_ref.workbench.copying.lock_file import Entry
    from infra_ref.workbench.copying.place import Place
    from infra_ref.workbench.copying.plan import Plan
    from infra_ref.workbench.copying.removing import Removed
    from infra_ref.workbench.copying.states import State
    from infra_ref.workbench.copying.updating import Updated
    from infra_ref.workbench.copying.write_deps import Written

Told = dict[str, Any]


def added(place: Place, done: Added, written: Written | None, passed: bool | None, *, dry_run: bool) -> Told:
    """Tell what `add` wrote."""
    return {
        **_place(place),
        "dry_run": dry_run,
        "written": [_file(place, entry, done.plan) for entry in done.writes],
        "parents": done.parents,
        "there": [_file(place, entry, done.plan) for entry in done.stays],
        **_requirements(done.plan),
        "declared_in": written.told or None if written else None,
        "notes": [*(written.notes if written else []), *_untested(done.plan)],
        "tests_passed": passed,
    }


def added_text(told: Told) -> str:
    """Put it in lines."""
    package = told["package"] or "top-level modules"
    verb = "would be written" if told["dry_run"] else "written"
    count = len(told["written"])
    lines = [*_finished(told)]
    lines += [
        f"{_files(count)} {verb} to {told['target']}, imported as {package} ({told['imports']} imports)"
    ]
    lines += _table([(one["path"], one["why"]) for one in told["written"]])
    if told["parents"]:
        lines += [f"and on the way there an empty {' and '.join(told['parents'])}"]
    if told["there"]:
        lines += [f"{_files(len(told['there']))} there already"]
    lines += _wanted(told)
    lines += told["notes"]
    if told["tests_passed"] is not None:
        lines += ["The copied tests pass." if told["tests_passed"] else "The copied tests fail: see above."]
    return "\n".join(lines)


def status(place: Place, found: list[State]) -> Told:
    """Tell how each file stands."""
    return {
        **_place(place),
        "items": place.lock.items,
        "files": [
            {
                "path": one.path,
                "item": one.entry.source,
                "kind": one.entry.kind,
                "state": one.word,
                "version": one.entry.version,
                "newest": one.newest,
            }
            for one in found
            if one.entry.kind != "package" or one.word != "unchanged"
        ],
    }


def status_text(told: Told) -> str:
    """Put it in lines: the files that stand out, and how many do not."""
    lines = [*_finished(told), f"{told['target']}: {', '.join(told['items'])}"]
    count = Counter(one["state"] for one in told["files"])
    rows = []
    for one in told["files"]:
        gone = one["newest"] is None
        if one["state"] != "unchanged" or gone:
            newer = (
                f"{one['version']}, newest {one['newest']}" if one["state"] in ("outdated", "both") else ""
            )
            rows.append((one["state"], one["path"], "its source is not to be found" if gone else newer))
    lines += _table(rows)
    lines += [", ".join(f"{number} {state}" for state, number in sorted(count.items()))]
    if count["outdated"] or count["both"]:
        lines += ["To bring them to the newest version, with your edits kept: infra-ref update"]
    return "\n".join(lines)


def diff(place: Place, found: Iterable[Difference]) -> Told:
    """Tell the differences."""
    return {**_place(place), "files": [{"path": one.path, "diff": one.diff} for one in found]}


def diff_text(told: Told) -> str:
    """Put them one after the other."""
    whole = "".join(one["diff"] for one in told["files"])
    return "\n".join([*_finished(told), whole.rstrip("\n") or "No differences but of form."])


def updated(place: Place, done: Updated, *, dry_run: bool) -> Told:
    """Tell what `update` did."""
    return {
        **_place(place),
        "dry_run": dry_run,
        "replaced": _paths(place, done.replaced),
        "merged": [{"path": path, "conflicts": count} for path, count in sorted(done.merged.items())],
        "added": _paths(place, done.added),
        "missing": _paths(place, done.missing),
        "not_needed": _paths(place, done.orphans),
        "conflicts": done.conflicts,
        **_requirements(done.plan),
    }


def updated_text(told: Told) -> str:
    """Put it in lines."""
    rows = [("replaced", path, "you had not edited it") for path in told["replaced"]]
    for one in told["merged"]:
        marked = f"{one['conflicts']} conflict{'s' if one['conflicts'] != 1 else ''} marked in it"
        rows.append(("merged", one["path"], marked if one["conflicts"] else "with your edits"))
    rows += [("added", path, "it is needed now") for path in told["added"]]
    rows += [("missing", path, "left so; `infra-ref add` brings it back") for path in told["missing"]]
    rows += [("stays", path, "no item needs it any more") for path in told["not_needed"]]
    if not rows:
        return "\n".join([*_finished(told), "Everything is of the newest version."])
    lines = (
        [*_finished(told), "Nothing is changed yet; this would be done:"]
        if told["dry_run"]
        else _finished(told)
    )
    lines += _table(rows)
    if told["conflicts"]:
        lines += [f"Decide between <<<<<<< and >>>>>>>: {told['conflicts']} in all."]
    if told["added"]:
        lines += _wanted(told)
    return "\n".join(lines)


def removed(place: Place, done: Removed, *, dry_run: bool) -> Told:
    """Tell what `remove` deleted."""
    return {
        **_place(place),
        "dry_run": dry_run,
        "removed": _paths(place, done.goes),
        "stays": [{"path": path, "why": why} for path, why in sorted(done.stays.items())],
    }


def removed_text(told: Told) -> str:
    """Put it in lines."""
    verb = "would go" if told["dry_run"] else "gone"
    rows = [(verb, path) for path in told["removed"]]
    rows += [("stays", f"{one['path']}: {one['why']}") for one in told["stays"]]
    return "\n".join([*_finished(told), *(_table(rows) or ["Nothing to remove."])])


def viewed(items: list[str], plan: Plan) -> Told:
    """Tell what an item brings."""
    files = [
        {"path": one.path, "why": plan.why[one.kind == "test", one.path], "lines": one.base.count("\n")}
        for one in plan.entries
        if one.kind != "package"
    ]
    return {"items": items, "files": files, **_requirements(plan), "notes": _untested(plan)}


def viewed_text(told: Told) -> str:
    """Put it in lines."""
    rows = [(one["path"], f"{one['lines']:>4} lines", one["why"]) for one in told["files"]]
    return "\n".join([*_table(rows), *_wanted(told), *told["notes"]])


def _place(place: Place) -> Told:
    layout = place.layout
    return {
        "target": layout.target,
        "package": layout.package,
        "imports": layout.imports,
        "tests": layout.tests,
        "finished": place.finished,
    }


def _finished(told: Told) -> list[str]:
    return [f"A run that was cut short is finished: {_files(told['finished'])}."] if told["finished"] else []


def _file(place: Place, entry: Entry, plan: Plan) -> Told:
    why = plan.why.get((entry.kind == "test", entry.path), "it makes the folder a package")
    return {"path": place.path(entry), "item": entry.source, "kind": entry.kind, "why": why}


def _paths(place: Place, entries: Iterable[Entry]) -> list[str]:
    return sorted(place.path(entry) for entry in entries)


def _requirements(plan: Plan) -> Told:
    return {"requirements": list(plan.requirements), "test_requirements": list(plan.test_requirements)}


def _wanted(told: Told) -> list[str]:
    lines = []
    if told["requirements"]:
        lines.append(f"It needs: {', '.join(told['requirements'])}")
    if told["test_requirements"]:
        lines.append(f"Its tests need: {', '.join(told['test_requirements'])}")
    if told.get("declared_in"):
        lines.append(f"Written to {told['declared_in']}.")
    return lines


def _untested(plan: Plan) -> list[str]:
    return [f"No test comes with {item}: none of its own stands by itself." for item in plan.untested]


def _files(count: int) -> str:
    return f"{count} file{'s' if count != 1 else ''}"


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    if not rows:
        return []
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
