"""`infra-ref lint`, run as a person runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

from infra_ref.workbench.linting import project as linting
from infra_ref.workbench.linting.finding import Rule
from infra_ref.workbench.linting.layers import declared
from infra_ref.workbench.linting.project import Project, lint_source
from infra_ref.workbench.linting.rules import ALL
from infra_ref.workbench.refused import Refused

Ran = subprocess.CompletedProcess[str]
Command = Callable[..., Ran]

BAD = "async def page(session):\n    await gather(f(session), g(session))\n"
GOOD = "async def page(session):\n    await gather(f(session), g())\n"


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def test_a_finding_is_shown_with_its_line_why_the_fix_and_the_page(command: Command, tmp_path: Path) -> None:
    write(tmp_path, {"shop/users.py": BAD})
    ran = command("lint", "shop")
    assert ran.returncode == 1
    place, line, marks, *rest = ran.stdout.splitlines()
    assert place == "shop/users.py:2:11 IR004 session is used by several tasks at once"
    assert line == "  2 |     await gather(f(session), g(session))"
    assert marks == "    |           " + "^" * 30
    assert [one.split(":")[0].strip() for one in rest[:3]] == ["why", "fix", "page"]
    assert rest[-1] == "1 finding in 1 file"


def test_nothing_found_is_0(command: Command, tmp_path: Path) -> None:
    write(tmp_path, {"users.py": GOOD})
    ran = command("lint")
    assert (ran.returncode, ran.stdout) == (0, "no findings in 1 file\n")


def test_columns_count_characters(tmp_path: Path) -> None:
    found = lint_source("async def f(session):\n    'äöü'; await gather(f(session), g(session))\n")
    assert [(one.column, one.end_column) for one in found] == [(18, 48)]


# Bad input


def test_what_cannot_be_looked_at_is_told_and_the_rest_goes_on(command: Command, tmp_path: Path) -> None:
    write(tmp_path, {"broken.py": "def f(:\n", "users.py": BAD, "deep.py": "x = " + "(" * 5000 + ")" * 5000})
    (tmp_path / "strange.py").write_bytes(b"# coding: klingon\nx = 1\n")
    (tmp_path / "latin.py").write_bytes("# coding: latin-1\nx = 'ä'\n".encode("latin-1"))
    (tmp_path / "no_utf8.py").write_bytes(b"x = '\xff'\n")
    (tmp_path / "nul.py").write_bytes(b"x = 1\0\n")
    (tmp_path / "circle.py").symlink_to(tmp_path / "circle.py")
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "around").symlink_to(tmp_path, target_is_directory=True)
    ran = command("lint", "--format", "json", "--no-others")
    said = json.loads(ran.stdout)
    assert ran.returncode == 2
    assert [one["path"] for one in said["findings"]] == ["users.py"]
    troubled = {one["path"]: one["reason"] for one in said["troubles"]}
    assert set(troubled) == {
        "broken.py",
        "deep.py",
        "strange.py",
        "no_utf8.py",
        "nul.py",
        "circle.py",
        "pipe.py",
    }
    assert troubled["broken.py"].startswith("line 1: ")
    assert troubled["pipe.py"] == "it cannot be read: it is no regular file"
    assert "klingon" in troubled["strange.py"]


def test_a_broken_file_that_another_imports_is_told_as_well(tmp_path: Path) -> None:
    calls = "from broken import tell\nasync def f(session, bus):\n    await tell(bus)\n    session.commit()\n"
    write(tmp_path, {"a_caller.py": calls, "broken.py": "def tell(:\n"})
    assert [one.path for one in Project(tmp_path).lint([tmp_path]).troubles] == ["broken.py"]


def test_a_file_that_was_deleted_in_between(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"gone.py": BAD, "users.py": BAD})
    found = [tmp_path / "gone.py", tmp_path / "users.py"]
    monkeypatch.setattr(linting, "python_files", lambda paths: iter(found))
    (tmp_path / "gone.py").unlink()
    outcome = Project(tmp_path).lint([tmp_path])
    assert [one.path for one in outcome.troubles] == ["gone.py"]
    assert [one.path for one in outcome.findings] == ["users.py"]


NOBODY = 65534
AS_NOBODY = """
import os, sys
from pathlib import Path
from infra_ref.workbench.linting.project import Project
if os.geteuid() == 0:
    os.setuid(int(sys.argv[2]))
outcome = Project(Path(sys.argv[1])).lint([Path(sys.argv[1])])
print(*sorted(Path(one.path).name for one in [*outcome.troubles, *outcome.findings]))
"""


def test_no_permission() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        write(folder, {"closed.py": BAD, "locked/users.py": BAD, "open.py": BAD})
        (folder / "closed.py").chmod(0)
        (folder / "locked").chmod(0)
        command = [sys.executable, "-c", AS_NOBODY, name, str(NOBODY)]
        ran = subprocess.run(command, capture_output=True, text=True, check=True, timeout=50)
        (folder / "locked").chmod(0o700)
    assert ran.stdout.split() == ["closed.py", "locked", "open.py"]


def test_a_generated_or_huge_file_is_passed_over_and_named(command: Command, tmp_path: Path) -> None:
    write(
        tmp_path, {"made.py": "# Generated by a tool. DO NOT EDIT.\n" + BAD, "huge.py": "x = 1\n" * 400_000}
    )
    ran = command("lint", "--no-others")
    assert ran.returncode == 0
    assert "made.py: passed over, it says that it is generated" in ran.stdout
    assert "huge.py: passed over, 2.4 MB" in ran.stdout


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere"], "There is no nowhere"),
        (["--select", "IR999"], "There is no rule IR999"),
        (["--explain", "S113"], "`ruff rule`"),
        (["--baseline", "none.json"], "--write-baseline"),
        (["--diff", "main"], "--diff: git"),
    ],
)
def test_what_cannot_be_done_is_refused_with_words(arguments: list[str], says: str, command: Command) -> None:
    ran = command("lint", "--no-others", *arguments)
    assert ran.returncode == 2
    assert says in ran.stderr


def test_a_bad_layer_is_refused(command: Command, tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": "[tool.infra_ref.layers]\ncore = ['shop']\n"})
    assert "there is no layer 'core'" in command("lint").stderr
    write(tmp_path, {"pyproject.toml": "[tool.infra_ref.layers]\ndomain = 'shop'\n"})
    assert "a list of folders" in command("lint").stderr


VALUES = (
    "1",
    "-0.5",
    "nan",
    "'shop'",
    "true",
    "2026-11-27",
    "[]",
    "[1]",
    "['shop', 1]",
    "[[]]",
    "{}",
    "[{}]",
)
PLACES = (
    "tool = {}",
    "[tool]\ninfra_ref = {}",
    "[tool.infra_ref]\nlayers = {}",
    "[tool.infra_ref.layers]\nport = {}",
)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("value", VALUES)
def test_a_value_of_another_type_is_refused_in_a_sentence(place: str, value: str, tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": place.format(value)})
    if value == ("[]" if place == PLACES[-1] else "{}"):
        assert declared(tmp_path)[0] == tmp_path
        return
    with pytest.raises(
        Refused, match=r"pyproject\.toml: .+ is a (table|list of folders or patterns), not .+\.$"
    ):
        declared(tmp_path)


@pytest.mark.parametrize("text", ["tool = " + "[" * 5000, "tool = 'ä", "[tool]\n[tool]"])
def test_a_project_file_that_cannot_be_read_is_told(text: str, command: Command, tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": text})
    ran = command("lint")
    assert ran.returncode == 2
    assert "pyproject.toml cannot be read as TOML: " in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


def test_a_project_file_with_a_value_of_another_type_ends_with_2(command: Command, tmp_path: Path) -> None:
    write(tmp_path, {"pyproject.toml": "[tool]\ninfra_ref = 'shop'\n", "users.py": GOOD})
    ran = command("lint", "users.py")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.endswith("pyproject.toml: tool.infra_ref is a table, not 'shop'.\n")


# Letting pass


def test_noqa_with_a_reason_lets_pass_and_without_one_says_so() -> None:
    line = "    await gather(f(session), g(session))"
    with_reason = BAD.replace(line, f"{line}  # noqa: IR004 -- both read from memory")
    without = BAD.replace(line, f"{line}  # noqa: IR004")
    other = BAD.replace(line, f"{line}  # noqa: IR001 -- another rule")
    several = BAD.replace(line, f"{line}  # noqa: E501, IR004 -- both")
    assert lint_source(with_reason) == lint_source(several) == []
    assert ["IR004 -- why" in one.message for one in lint_source(without)] == [True]
    assert len(lint_source(other)) == 1


def test_a_baseline_covers_what_was_there_and_no_more(command: Command, tmp_path: Path) -> None:
    write(tmp_path, {"users.py": BAD})
    assert command("lint", "--write-baseline", "known.json", "--no-others").returncode == 0
    write(tmp_path, {"users.py": "\n\n" + BAD})
    assert command("lint", "--baseline", "known.json", "--no-others").returncode == 0
    write(tmp_path, {"users.py": BAD + BAD})
    ran = command("lint", "--baseline", "known.json", "--no-others")
    assert ran.returncode == 1
    assert "1 finding in" in ran.stdout
    write(tmp_path, {"broken.py": "("})
    ran = command("lint", "--write-baseline", "known.json", "--no-others")
    assert ran.returncode == 2
    assert ran.stdout == "known.json knows 2 findings in 1 file, 1 not looked at\n"
    write(tmp_path, {"known.json": "[]"})
    assert "is no baseline" in command("lint", "--baseline", "known.json", "--no-others").stderr


def test_diff_shows_what_a_change_brings(command: Command, tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        named = ["-c", "user.name=a", "-c", "user.email=a@b.test"]
        subprocess.run(["git", *named, *arguments], cwd=tmp_path, check=True, capture_output=True)

    broken = "print 'of Python 2'\n"
    long = BAD.replace(" g(session)", "\n        g(\n            own or\n            session)")
    write(tmp_path, {"old.py": BAD, "long.py": long, "ä b.py": GOOD, "a.py": broken, "pyproject.toml": ""})
    git("init", "--initial-branch=main")
    git("config", "diff.mnemonicPrefix", "true")
    git("add", ".")
    git("commit", "--message=first")
    assert command("lint", "--diff", "main", "--no-others").returncode == 0
    write(tmp_path, {"old.py": BAD + GOOD + BAD, "new.py": BAD, "ä b.py": BAD})
    write(tmp_path, {"long.py": long.replace("            own or\n", "")})
    ran = command("lint", "--diff", "main", "--no-others", "--format", "json")
    assert [(one["path"], one["line"]) for one in json.loads(ran.stdout)["findings"]] == [
        ("long.py", 2),
        ("new.py", 2),
        ("old.py", 6),
        ("ä b.py", 2),
    ]
    assert ran.returncode == 1  # what cannot be looked at was there before
    write(tmp_path, {"b.py": broken})
    assert command("lint", "--diff", "main", "--no-others").returncode == 2


def test_diff_in_a_hook_of_git(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"part/pyproject.toml": "", "part/old.py": BAD, "part/new.py": GOOD})
    named = ["-c", "user.name=a", "-c", "user.email=a@b.test"]
    for arguments in (["init"], ["add", "."], [*named, "commit", "--message=first"]):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True, capture_output=True)
    write(tmp_path, {"part/new.py": BAD})
    monkeypatch.setenv("GIT_DIR", str(tmp_path / ".git"))  # as git does in a linked work tree
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/index")
    ran = command("lint", "part", "--diff", "HEAD", "--no-others", "--format", "json")
    assert [one["path"] for one in json.loads(ran.stdout)["findings"]] == ["new.py"]


def test_diff_sees_all_of_several_projects(command: Command, tmp_path: Path) -> None:
    write(tmp_path, {"a/pyproject.toml": "", "a/a.py": GOOD, "b/pyproject.toml": "", "b/b.py": BAD})
    subprocess.run(["git", "init"], cwd=tmp_path, check=True, capture_output=True)
    ran = command("lint", "--diff", "HEAD", "--no-others", "a/a.py", "b/b.py")
    assert ran.stdout.startswith("b/b.py:2:11 IR004")


def test_a_base_that_is_no_commit_is_refused_with_words(command: Command, tmp_path: Path) -> None:
    def git(*arguments: str) -> None:
        named = ["-c", "user.name=a", "-c", "user.email=a@b.test"]
        subprocess.run(["git", *named, *arguments], cwd=tmp_path, check=True, capture_output=True)

    def said(base: str) -> str:
        return command("lint", "--no-others", f"--diff={base}").stderr

    write(tmp_path, {"main/old.py": GOOD, "pyproject.toml": ""})
    assert "not a git repository" in said("main")
    git("init", "--initial-branch=main")
    git("add", ".")
    write(tmp_path, {"main/new.py": BAD})
    first = command("lint", "--no-others", "--diff", "HEAD")
    assert (first.returncode, first.stderr) == (1, "")  # before the first commit everything is new
    git("commit", "--message=first")
    assert command("lint", "--no-others", "--diff", "main").returncode == 1  # a folder has this name, too
    assert "bad revision 'pyproject.toml'" in said("pyproject.toml")
    assert "bad revision" in said("--output=written")
    assert not (tmp_path / "written").exists()


# Forms


def test_sarif(command: Command, tmp_path: Path) -> None:
    write(tmp_path, {"ü 100%.py": BAD, "broken.py": "("})
    log = json.loads(command("lint", "--format", "sarif", "--no-others").stdout)
    (run,) = log["runs"]
    (result,) = run["results"]
    assert log["version"] == "2.1.0"
    assert result["ruleId"] == run["tool"]["driver"]["rules"][0]["id"] == "IR004"
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "%C3%BC%20100%25.py"
    assert place["region"] == {"startLine": 2, "startColumn": 11, "endLine": 2, "endColumn": 41}
    assert run["invocations"][0]["executionSuccessful"] is False


def test_a_file_whose_name_is_no_text_has_an_address_in_sarif(command: Command, tmp_path: Path) -> None:
    Path(os.fsdecode(bytes(tmp_path) + b"/\xff.py")).write_text(BAD, encoding="utf-8")
    assert '"uri": "%FF.py"' in command("lint", "--format", "sarif", "--no-others").stdout


def test_github(command: Command, tmp_path: Path) -> None:
    write(tmp_path, {"a,b.py": BAD})
    first, last = command("lint", "--format", "github", "--no-others").stdout.splitlines()
    assert first.startswith("::warning file=a%2Cb.py,line=2,col=11,endLine=2,title=IR004::session is used")
    assert "%0A" in first
    assert last == "1 finding in 1 file"


@pytest.mark.parametrize("rule", ALL, ids=lambda rule: rule.code)
def test_explain_says_what_is_found_and_how_often_that_is_right(rule: Rule, command: Command) -> None:
    said = command("lint", "--explain", rule.code).stdout
    for word in ("why:", "fix:", "does not see:", "measured:", "page:"):
        assert word in said


# Layers


FILES = ["shop/domain/order.py", "shop/infrastructure/orders.py", "shop/main.py", "tests/test_order.py"]
LAYERS = [
    "[tool.infra_ref.layers]",
    'domain = ["shop/domain"]',
    'adapter = ["shop/infrastructure"]',
    'composition = ["shop/main.py"]',
    'test = ["tests"]',
]


@pytest.mark.parametrize(
    "before",
    ["", "[project]\nname = 'shop' # ours", "[project]\r\nname = 'shop'\r\n", "[tool.infra_ref]\n\n"],
)
def test_guessed_layers_are_written_down_and_all_else_stays(
    before: str, command: Command, tmp_path: Path
) -> None:
    write(tmp_path, dict.fromkeys(FILES, ""))
    file = tmp_path / "pyproject.toml"
    file.write_bytes(before.encode())
    shown = command("lint", "--init", "--dry-run")
    assert file.read_bytes().decode() == before
    ran = command("lint", "--init")
    assert ran.returncode == 0
    assert ran.stdout == shown.stdout
    added = [line[1:] for line in ran.stdout.splitlines() if line.startswith("+")][1:]
    assert [line for line in added if line] == LAYERS
    after = file.read_bytes().decode()
    assert after.startswith(before)
    assert after.splitlines()[-5:] == LAYERS
    assert ("\r\n" in after) == ("\r\n" in before)
    assert after.count("\r\n") in (0, after.count("\n"))
    assert command("lint").returncode == 0


def test_layers_that_are_declared_are_not_written_over(command: Command, tmp_path: Path) -> None:
    declared = "[tool.infra_ref.layers]\ndomain = ['shop/domain']\n"
    write(tmp_path, dict.fromkeys(FILES, "") | {"pyproject.toml": declared})
    ran = command("lint", "--init")
    assert ran.returncode == 2
    assert "has such a table already" in ran.stderr
    assert (tmp_path / "pyproject.toml").read_text() == declared


def test_where_no_name_tells_a_layer_nothing_is_written(command: Command, tmp_path: Path) -> None:
    write(tmp_path, {"shop/lamps.py": ""})
    assert "declare [tool.infra_ref.layers] by hand" in command("lint", "--init").stderr
    assert not (tmp_path / "pyproject.toml").exists()


def test_a_declared_layer_wins_over_a_guess(command: Command, tmp_path: Path) -> None:
    reads = "import os\nclass Bank:\n    def key(self):\n        return os.environ['KEY']\n"
    write(tmp_path, {"shop/bank.py": reads})
    assert command("lint", "--no-others").returncode == 0
    byte_order_mark = "\ufeff"
    layers = '[tool.infra_ref.layers]\nadapter = ["shop/bank.py"]\n'
    write(tmp_path, {"pyproject.toml": byte_order_mark + layers})
    assert "IR012" in command("lint", "--no-others").stdout


def test_an_inner_layer_that_imports_an_outer_one(command: Command, tmp_path: Path) -> None:
    layers = '[tool.infra_ref.layers]\ndomain = ["shop/domain"]\nadapter = ["shop/adapters"]\n'
    write(tmp_path, {"pyproject.toml": layers, "shop/__init__.py": "", "shop/domain/__init__.py": ""})
    write(tmp_path, {"shop/adapters/__init__.py": "", "shop/adapters/orders.py": ""})
    write(tmp_path, {"shop/domain/order.py": "import json\nfrom shop.adapters import orders\n"})
    ran = command("lint", "--format", "json")
    (found,) = json.loads(ran.stdout)["findings"]
    assert (found["path"], found["line"], found["code"]) == ("shop/domain/order.py", 2, "LAYER")
    assert "LAYER" in command("lint", "shop/domain/order.py").stdout
    elsewhere = command("lint", "shop/adapters")
    assert (elsewhere.returncode, elsewhere.stderr) == (0, "")
    write(tmp_path, {"shop/domain/order.py": "import json\n"})
    assert command("lint").returncode == 0


# Others


def test_what_ruff_finds_is_told_in_our_words(command: Command, tmp_path: Path) -> None:
    write(
        tmp_path,
        {"rates.py": "import requests\n\n\ndef rate():\n    return requests.get('https://a.test')\n"},
    )
    ran = command("lint", "--format", "json")
    (found,) = json.loads(ran.stdout)["findings"]
    assert (found["code"], found["line"], found["page"]) == ("S113", 5, "anti-patterns/#no-timeout")


def test_without_ruff_ours_are_found_and_a_note_says_so(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("infra_ref.workbench.linting.other_tools.distributions", lambda name: [])
    write(tmp_path, {"users.py": BAD})
    ran = command("lint")
    assert "ruff is not installed" in ran.stderr
    assert "IR004" in ran.stdout


# Memory


def test_a_result_is_kept_until_the_file_or_what_it_imports_changes(tmp_path: Path) -> None:
    work = "async def f(session, bus):\n    await tell(bus)\n    await session.commit()\n"
    caller = f"from shop.tell import tell\n{work}"
    silent, loud = "async def tell(bus): ...\n", "async def tell(bus):\n    await bus.publish(1)\n"
    write(tmp_path, {"shop/__init__.py": "", "shop/calls.py": caller, "shop/tell.py": silent})

    def found() -> list[str]:
        project = Project(tmp_path, memory=tmp_path / ".m" / "lint.json")
        return [one.code for one in project.lint([tmp_path]).findings]

    assert found() == []
    looked: list[str] = []
    original = Project._looked_at

    def counted(self: Project, name: str) -> dict[str, object]:
        looked.append(name)
        return original(self, name)

    Project._looked_at = counted  # type: ignore[method-assign]
    try:
        assert found() == []
        assert looked == []
        write(tmp_path, {"shop/tell.py": loud})
        assert found() == ["IR001"]
        assert sorted(looked) == ["shop.calls", "shop.tell"]
        (tmp_path / ".m" / "lint.json").write_text("{")
        assert found() == ["IR001"]
    finally:
        Project._looked_at = original  # type: ignore[method-assign]


def test_a_file_that_moved_to_another_layer_is_looked_at_again(tmp_path: Path) -> None:
    reads = "import os\nclass Bank:\n    def key(self):\n        return os.environ['KEY']\n"
    write(tmp_path, {"adapters/bank.py": reads})

    def found() -> list[str]:
        project = Project(tmp_path, memory=tmp_path / ".m" / "lint.json")
        return [one.path for one in project.lint([tmp_path]).findings]

    assert found() == ["adapters/bank.py"]
    (tmp_path / "domain").mkdir()
    (tmp_path / "adapters" / "bank.py").rename(tmp_path / "domain" / "bank.py")
    assert found() == []


def test_single_files_leave_what_is_kept_of_the_folder(command: Command, tmp_path: Path) -> None:
    write(tmp_path, {"a.py": BAD, "b.py": GOOD})
    command("lint", "--no-others")
    kept = (tmp_path / ".infra_ref_cache" / "lint.json").read_bytes()
    assert command("lint", "--no-others", "a.py").returncode == 1
    assert (tmp_path / ".infra_ref_cache" / "lint.json").read_bytes() == kept


def test_what_a_file_learned_through_another_is_looked_up_again(tmp_path: Path) -> None:
    makes = "from shop.b import make\nclient = make()\nasync def f():\n    for _ in []: a = client.get(1)\n"
    write(tmp_path, {"shop/__init__.py": "", "shop/a.py": makes})
    asks = "async def f():\n    for one in await client.get('/users'):\n        await client.get(one)\n"
    write(tmp_path, {"shop/use.py": f"from shop.a import client\n{asks}"})

    def found(kind: str) -> list[str]:
        write(tmp_path, {"shop/b.py": f"def make() -> {kind}: ...\n"})
        project = Project(tmp_path, memory=tmp_path / ".m" / "lint.json")
        return [one.code for one in project.lint([tmp_path]).findings]

    assert (found("dict"), found("HttpClient")) == ([], ["IR010"])


ROUNDS = """
async def f(order_repository, user_repository, session):
    orders = await order_repository.get_all()
    for order in orders:
        await """
CURES = {
    "user_repository.get_by_id(order.user_id)": "fetch them in bulk before the loop",
    "order_repository.update(order)": "collect them and write them in one batch behind the loop",
    "user_repository.get_by_id('ada')": "it is the same for each round: move it in front of the loop",
    "session.scalar(select(numbers.next_value()))": "fetch them in bulk before the loop",
    'session.scalar(text("SELECT nextval(1)"))': "fetch them in bulk before the loop",
}


@pytest.mark.parametrize(("asks", "cure"), CURES.items())
def test_n_plus_one_says_which_cure_fits(asks: str, cure: str) -> None:
    (found,) = lint_source(f"{ROUNDS}{asks}\n")
    assert found.message.endswith(cure)


def test_a_cells_source_can_be_looked_at() -> None:
    call = "await gather(f(session), g(session))"
    source = f"import asyncio\n{call}\nasync def f():\n    {call}\nx = 1\n"
    assert [(one.line, one.column) for one in lint_source(source)] == [(2, 7), (4, 11)]


UNPROVEN = [f"--select={code}" for code in ("IR005", "IR006", "IR007", "IR008")]


@pytest.mark.parametrize("more", [[], UNPROVEN], ids=["by default", "by rules that are off"])
def test_nothing_is_found_in_this_package(more: list[str]) -> None:
    root = Path(linting.__file__).parents[3]
    command = [sys.executable, "-m", "infra_ref.workbench.cli", "lint", "infra_ref", "--no-cache", *more]
    ran = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=50)
    assert ran.returncode == 0, ran.stdout[-4000:] + ran.stderr
