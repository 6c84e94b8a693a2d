"""What the commands report: plain data for machines, and the same as lines and tables for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from infra_ref.workbench.copying.options import Row

if TYPE_CHECKING:
    from infra_ref.workbench.copying.changing import Changes
    from infra_ref.workbench.copying.plan import Plan, Planned
    from infra_ref.workbench.copying.removing import Removed
    from infra_ref.workbench.copying.states import State
    from infra_ref.workbench.copying.target import CopyTarget

Report = dict[str, Any]
Lines = Iterator[str | list[Row]]


def of_target(target: CopyTarget) -> Report:
    """Report where things are copied to."""
    layout = target.layout
    return {
        "target": layout.target,
        "package": layout.package,
        "imports": layout.imports,
        "tests": layout.tests,
        "finished": target.finished,
        "followed": list(target.followed),
    }


def of_plan(plan: Plan) -> Report:
    """Report what a plan needs."""
    return {
        "requirements": plan.requirements,
        "test_requirements": plan.test_requirements,
        "notes": list(plan.notes),
    }


def of_changes(target: CopyTarget, done: Changes, *, dry_run: bool) -> Report:
    """Report what `add`, `adopt` or `update` did."""
    return {
        **of_target(target),
        "dry_run": dry_run,
        "written": [_file(one) for one in done.written],
        "there": [_file(one) for one in done.there],
        "replaced": sorted(done.replaced),
        "merged": [{"path": path, "conflicts": count} for path, count in sorted(done.merged.items())],
        "missing": sorted(done.missing),
        "not_needed": sorted(done.not_needed),
        "parents": done.parents,
        "conflicts": done.conflicts,
        **of_plan(done.plan),
    }


def _file(one: Planned) -> Report:
    return {"path": one.entry.path, "item": one.entry.item, "kind": one.entry.kind, "why": one.why}


def of_removed(target: CopyTarget, done: Removed, *, dry_run: bool) -> Report:
    """Report what `remove` deleted."""
    stays = [{"path": path, "why": why} for path, why in sorted(done.stays.items())]
    return {**of_target(target), "dry_run": dry_run, "removed": sorted(done.removed), "stays": stays}


def of_states(target: CopyTarget, found: list[State]) -> Report:
    """Report how each file compares."""
    return {
        **of_target(target),
        "items": target.lock.items_of(target.layout.target),
        "files": [
            {
                "path": one.entry.path,
                "item": one.entry.item,
                "kind": one.entry.kind,
                "state": one.word,
                "version": one.entry.version,
                "newest": one.newest,
            }
            for one in found
            if one.entry.kind != "package" or one.word != "unchanged"
        ],
    }


def of_view(items: list[str], plan: Plan) -> Report:
    """Report what items bring, with the lines that each file has."""
    files = [
        {"path": path, "why": one.why, "lines": one.lines, "kind": one.entry.kind}
        for path, one in plan.files.items()
        if one.entry.kind != "package"
    ]
    return {"items": items, "files": files, **of_plan(plan)}


# For people


def added_lines(report: Report) -> Lines:
    """Yield the report of `add` or `adopt`."""
    yield from _finished(report)
    package = report["package"] or "top-level modules"
    yield f"Imported as {package} ({report['imports']} imports); tests in {report['tests']}"
    yield from _changes(report, [("written", one["path"], one["why"]) for one in report["written"]])
    if report["parents"]:
        yield f"and on the way there an empty {' and '.join(report['parents'])}"
    if report["there"]:
        yield f"{_files(len(report['there']))} there already"
    yield from (*_needs(report), *report["notes"])
    if report.get("tests_passed") is not None:
        yield "The copied tests pass." if report["tests_passed"] else "The copied tests fail: see above."


def updated_lines(report: Report) -> Lines:
    """Yield the report of `update`."""
    yield from _finished(report)
    lines = list(_changes(report, [("added", one["path"], "it is needed now") for one in report["written"]]))
    yield from lines or ["Everything is of the newest version."]
    if report["written"]:
        yield from _needs(report)


def _changes(report: Report, new: list[Row]) -> Lines:
    rows = [*new, *(("replaced", path, "you had not edited it") for path in report["replaced"])]
    for one in report["merged"]:
        count = one["conflicts"]
        marked = f"{count} conflict{'s' if count != 1 else ''} marked in it" if count else "with your edits"
        rows.append(("merged", one["path"], marked))
    rows += [("missing", path, "left so; `infra-ref add` brings it back") for path in report["missing"]]
    rows += [("stays", path, "no item needs it any more") for path in report["not_needed"]]
    if rows and report["dry_run"]:
        yield "Nothing is changed yet; this would be done:"
    if rows:
        yield rows
    if report["conflicts"]:
        yield f"Decide between <<<<<<< and >>>>>>>: {report['conflicts']} in all."


def states_lines(report: Report) -> Lines:
    """Yield the files that stand out, and how many do not."""
    yield from _finished(report)
    yield f"{report['target']}: {', '.join(report['items'])}"
    count = Counter(one["state"] for one in report["files"])
    rows: list[Row] = []
    for one in report["files"]:
        gone, old = one["newest"] is None, one["state"] in ("outdated", "both")
        about = f"{one['version']}, newest {one['newest']}" if old else ""
        if one["state"] != "unchanged" or gone:
            rows.append((one["state"], one["path"], "its source is not to be found" if gone else about))
    yield rows
    yield ", ".join(f"{number} {state}" for state, number in sorted(count.items()))
    if count["outdated"] or count["both"]:
        yield "To bring them to the newest version, with your edits kept: infra-ref update"


def diff_lines(report: Report) -> Lines:
    """Yield the differences one after the other."""
    yield from _finished(report)
    yield "".join(one["diff"] for one in report["files"]).rstrip("\n") or "No differences but of format."


def removed_lines(report: Report) -> Lines:
    """Yield what went and what stays."""
    yield from _finished(report)
    rows: list[Row] = [
        ("would go" if report["dry_run"] else "removed", path, "") for path in report["removed"]
    ]
    rows += [("stays", one["path"], one["why"]) for one in report["stays"]]
    yield rows or "Nothing to remove."


def view_lines(report: Report) -> Lines:
    """Yield the files with their lines, and the sum of those that are not tests."""
    yield [(one["path"], f"{one['lines']:>4} lines", one["why"]) for one in report["files"]]
    code = [one["lines"] for one in report["files"] if one["kind"] == "code"]
    yield f"{_files(len(code))}, {sum(code):,} lines besides tests"
    yield from (*_needs(report), *report["notes"])


def _finished(report: Report) -> Iterator[str]:
    if count := report["finished"]:
        yield f"A run that was cut short is finished: {_files(count)}."
    yield from report["followed"]


def _needs(report: Report) -> Iterator[str]:
    if report["requirements"]:
        yield f"It needs: {', '.join(report['requirements'])}"
    if report["test_requirements"]:
        yield f"Its tests need: {', '.join(report['test_requirements'])}"
    if report.get("declared_in"):
        yield f"Written to {report['declared_in']}."
    for command in report.get("goes_with", ()):
        yield f"Goes with it: {command}"


def _files(count: int) -> str:
    return f"{count} file{'s' if count != 1 else ''}"
