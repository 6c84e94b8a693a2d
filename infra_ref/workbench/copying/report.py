"""What the commands report: plain data for machines, and the same as lines for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from infra_ref.workbench.copying.changing import Changes
    from infra_ref.workbench.copying.plan import Plan, Planned
    from infra_ref.workbench.copying.removing import Removed
    from infra_ref.workbench.copying.states import State
    from infra_ref.workbench.copying.target import CopyTarget

Report = dict[str, Any]


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
        "notes": [f"No test comes with {item}: it has none of its own." for item in plan.untested],
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


# As lines


def changes_text(report: Report, *, adding: bool) -> str:
    """Return the report of `add`, `adopt` or `update`."""
    rows = list(_rows(report, adding=adding))
    lines = _finished(report)
    if adding:
        package = report["package"] or "top-level modules"
        lines.append(f"Imported as {package} ({report['imports']} imports); tests in {report['tests']}")
    elif not rows:
        return "\n".join([*lines, "Everything is of the newest version."])
    if report["dry_run"]:
        lines.append("Nothing is changed yet; this would be done:")
    lines += _table(rows)
    if report["parents"]:
        lines.append(f"and on the way there an empty {' and '.join(report['parents'])}")
    if report["there"]:
        lines.append(f"{_files(len(report['there']))} there already")
    if report["conflicts"]:
        lines.append(f"Decide between <<<<<<< and >>>>>>>: {report['conflicts']} in all.")
    if adding or report["written"]:
        lines += _needs(report)
    lines += report["notes"] if adding else []
    if report.get("tests_passed") is not None:
        lines.append(
            "The copied tests pass." if report["tests_passed"] else "The copied tests fail: see above."
        )
    return "\n".join(lines)


def _rows(report: Report, *, adding: bool) -> Iterator[tuple[str, str, str]]:
    for one in report["written"]:
        yield "written" if adding else "added", one["path"], one["why"] if adding else "it is needed now"
    for path in report["replaced"]:
        yield "replaced", path, "you had not edited it"
    for one in report["merged"]:
        count = one["conflicts"]
        marked = f"{count} conflict{'s' if count != 1 else ''} marked in it" if count else "with your edits"
        yield "merged", one["path"], marked
    for path in report["missing"]:
        yield "missing", path, "left so; `infra-ref add` brings it back"
    for path in report["not_needed"]:
        yield "stays", path, "no item needs it any more"


def states_text(report: Report) -> str:
    """Return the files that stand out, and how many do not."""
    lines = [*_finished(report), f"{report['target']}: {', '.join(report['items'])}"]
    count = Counter(one["state"] for one in report["files"])
    rows = []
    for one in report["files"]:
        gone, old = one["newest"] is None, one["state"] in ("outdated", "both")
        about = f"{one['version']}, newest {one['newest']}" if old else ""
        if one["state"] != "unchanged" or gone:
            rows.append((one["state"], one["path"], "its source is not to be found" if gone else about))
    lines += _table(rows)
    lines.append(", ".join(f"{number} {state}" for state, number in sorted(count.items())))
    if count["outdated"] or count["both"]:
        lines.append("To bring them to the newest version, with your edits kept: infra-ref update")
    return "\n".join(lines)


def diff_text(report: Report) -> str:
    """Return the differences one after the other."""
    whole = "".join(one["diff"] for one in report["files"])
    return "\n".join([*_finished(report), whole.rstrip("\n") or "No differences but of format."])


def removed_text(report: Report) -> str:
    """Return what went and what stays."""
    verb = "would go" if report["dry_run"] else "removed"
    rows = [(verb, path, "") for path in report["removed"]]
    rows += [("stays", one["path"], one["why"]) for one in report["stays"]]
    return "\n".join([*_finished(report), *(_table(rows) or ["Nothing to remove."])])


def view_text(report: Report) -> str:
    """Return the files with their lines, and the sum of those that are not tests."""
    rows = [(one["path"], f"{one['lines']:>4} lines", one["why"]) for one in report["files"]]
    code = [one["lines"] for one in report["files"] if one["kind"] == "code"]
    total = f"{_files(len(code))}, {sum(code):,} lines besides tests"
    return "\n".join([*_table(rows), total, *_needs(report), *report["notes"]])


def _finished(report: Report) -> list[str]:
    count = report["finished"]
    lines = [f"A run that was cut short is finished: {_files(count)}."] if count else []
    return [*lines, *report["followed"]]


def _needs(report: Report) -> list[str]:
    lines = []
    if report["requirements"]:
        lines.append(f"It needs: {', '.join(report['requirements'])}")
    if report["test_requirements"]:
        lines.append(f"Its tests need: {', '.join(report['test_requirements'])}")
    if report.get("declared_in"):
        lines.append(f"Written to {report['declared_in']}.")
    for command in report.get("goes_with", ()):
        lines.append(f"Goes with it: {command}")
    return lines


def _files(count: int) -> str:
    return f"{count} file{'s' if count != 1 else ''}"


def _table(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [f"  {'  '.join(_padded(row, widths)).rstrip()}" for row in rows]


def _padded(row: Iterable[str], widths: Iterable[int]) -> Iterable[str]:
    return (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
