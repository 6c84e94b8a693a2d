"""`infra-ref lab` for real: a server in a process of its own, spoken to as a browser does."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import threading
import time
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import pytest

from tests.workbench.conftest import COMMAND, environment

pytest.importorskip("jupyterlab")
IMPORT_BLOCKER = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "jupyterlab":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Blocker())
from infra_ref.workbench.cli import main
main()
"""


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("localhost", 0))
        port: int = trial.getsockname()[1]
        return port


class Lab:
    """A running `infra-ref lab`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process, self.lines = process, Queue[str]()
        self.seen: list[str] = []
        threading.Thread(target=self._read, daemon=True).start()
        self.address = self.wait_for(r"(http://\S+)")
        self.base, _, self.token = self.address.partition("/lab?token=")

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put("")

    def wait_for(self, pattern: str, seconds: float = 30) -> str:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            try:
                line = self.lines.get(timeout=left)
            except Empty:
                break
            self.seen.append(line)
            if found := re.search(pattern, line):
                return found[1]
            if not line:
                break
        raise AssertionError(f"no {pattern} in: {''.join(self.seen)}")

    def ask(self, path: str, data: Any = None, method: str | None = None) -> Any:
        request = urllib.request.Request(
            f"{self.base}{path}",
            data=None if data is None else json.dumps(data).encode(),
            headers={"Authorization": f"token {self.token}"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or "null")

    def stop(self) -> str:
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(20)
        while line := self.lines.get(timeout=5):
            self.seen.append(line)
        assert code == 0, self.seen
        return "".join(self.seen)


@contextmanager
def running(home: Path, *args: str | Path | int, **more: str) -> Iterator[Lab]:
    home.mkdir(exist_ok=True)
    process = subprocess.Popen(
        [*COMMAND, "lab", *map(str, args)],
        cwd=home,
        env=environment(HOME=str(home), **more),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield Lab(process)
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)
        if process.stdout is not None:
            process.stdout.close()


def execute(lab: Lab, kernel: str, code: str) -> str:
    """Run `code` over the kernel's websocket and return what it evaluates to."""
    import websocket

    session = uuid.uuid4().hex
    channel = websocket.create_connection(
        f"{lab.base.replace('http', 'ws', 1)}/api/kernels/{kernel}/channels?session_id={session}",
        header=[f"Authorization: token {lab.token}"],
        timeout=30,
    )
    try:
        header = {"msg_id": uuid.uuid4().hex, "msg_type": "execute_request", "session": session}
        header |= {"username": "", "version": "5.3", "date": "2026-01-01T00:00:00Z"}
        content = {"code": code, "silent": False, "store_history": True, "user_expressions": {}}
        message = {
            "header": header,
            "parent_header": {},
            "metadata": {},
            "content": content,
            "channel": "shell",
        }
        channel.send(json.dumps(message))
        shown = ""
        while True:
            answer = json.loads(channel.recv())
            if answer["parent_header"].get("msg_id") != header["msg_id"]:
                continue
            if answer["msg_type"] == "execute_result":
                shown = answer["content"]["data"]["text/plain"]
            if answer["msg_type"] == "execute_reply":
                assert answer["content"]["status"] == "ok", answer["content"]
                if shown:
                    return shown
            if answer["msg_type"] == "status" and answer["content"]["execution_state"] == "idle":
                return shown
    finally:
        channel.close()


def said_in_a_terminal(lab: Lab, typed: str, wanted: str) -> str:
    """Type into a new terminal of the lab, and return the first text that fits."""
    import websocket

    name = lab.ask("/api/terminals", {})["name"]
    channel = websocket.create_connection(
        f"{lab.base.replace('http', 'ws', 1)}/terminals/websocket/{name}",
        header=[f"Authorization: token {lab.token}"],
        timeout=20,
    )
    try:
        channel.send(json.dumps(["stdin", typed]))
        said = ""
        while not (found := re.search(wanted, said.replace(typed.strip(), ""))):
            kind, *text = json.loads(channel.recv())
            said += text[0] if kind == "stdout" else ""
        return found[0]
    finally:
        channel.close()
        lab.ask(f"/api/terminals/{name}", method="DELETE")


def test_a_lab_that_was_never_used_shows_the_first_notebook(tmp_path: Path, shipped: Path) -> None:
    where = ("--workspace", tmp_path / "w", "--notebooks", shipped, "--no-browser", "--port", free_port())
    with running(tmp_path / "home", *where) as lab:
        layout = lab.ask("/lab/api/workspaces/default")
        assert layout["data"]["notebook:00_start_here.ipynb"]["data"]["path"] == "00_start_here.ipynb"
        layout["data"] = {"layout-restorer:data": {}}
        lab.ask("/lab/api/workspaces/default", layout, "PUT")
        lab.stop()
    with running(tmp_path / "home", *where) as lab:
        assert lab.ask("/lab/api/workspaces/default")["data"] == {"layout-restorer:data": {}}
        lab.stop()


def test_a_notebook_of_the_workspace_is_opened_and_run_and_ctrl_c_ends_it_all(
    tmp_path: Path, shipped: Path
) -> None:
    port = free_port()
    # Another `python3` kernel of the user's must not be taken instead.
    foreign = tmp_path / "home" / ".local" / "share" / "jupyter" / "kernels" / "python3"
    foreign.mkdir(parents=True)
    spec = {
        "argv": ["/nowhere/python", "-m", "ipykernel_launcher"],
        "display_name": "other",
        "language": "python",
    }
    (foreign / "kernel.json").write_text(json.dumps(spec))
    where = tmp_path / "my notebooks"
    with running(
        tmp_path / "home", "--no-browser", "--port", str(port), "--workspace", where, "--notebooks", shipped
    ) as lab:
        assert lab.base == f"http://localhost:{port}"
        content = lab.ask("/api/contents/05_caching.ipynb")["content"]
        asked = {"path": "05_caching.ipynb", "type": "notebook", "name": "", "kernel": {"name": "python3"}}
        kernel = lab.ask("/api/sessions", asked)["kernel"]["id"]
        shown = [execute(lab, kernel, cell["source"]) for cell in content["cells"]]
        assert shown == ["", "'infra_ref'"]
        interpreter = execute(lab, kernel, "import sys; sys.executable")
        assert interpreter == repr(COMMAND[0])
        found = execute(lab, kernel, "import shutil; shutil.which('infra-ref')")
        assert found == repr(str(Path(COMMAND[0]).with_name("infra-ref")))
        assert said_in_a_terminal(lab, "infra-ref --version\r", "infra-ref [0-9.]+")
        pid = int(execute(lab, kernel, "import os; os.getpid()"))

        saved = lab.ask("/api/contents/05_caching.ipynb", {"type": "notebook", "content": content}, "PUT")
        assert saved["path"] == "05_caching.ipynb"
        notification = lab.ask("/lab/api/settings/@jupyterlab/apputils-extension:notification")
        asks = {
            name: notification["schema"]["properties"][name]["default"]
            for name in ("fetchNews", "checkForUpdates")
        }
        assert asks == {"fetchNews": "false", "checkForUpdates": False}, "it would ask, and ask another host"
        with urllib.request.urlopen(lab.address, timeout=30) as page:
            assert page.status == 200

        said = lab.stop()
    assert "Traceback" not in said
    assert said.count(lab.token) == 1, "once, in the line that says where it is"
    assert said.rstrip().endswith("Stopped.")
    assert len(said.split("\n")) <= 6, said
    with socket.socket() as trial:
        assert trial.connect_ex(("127.0.0.1", port)) != 0
    assert not Path(f"/proc/{pid}").exists() or Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z"
    assert not list((tmp_path / "home").rglob("jpserver-*")), "the token's file is gone"


def test_the_next_free_port_is_taken_unless_one_was_asked_for(
    tmp_path: Path, shipped: Path, infra_ref_in: Any
) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a test before this one may have had it
        try:
            other.bind(("localhost", 8888))
            other.listen()
        except OSError:
            pass  # somebody else has it: as good
        where = ("--workspace", tmp_path / "w", "--notebooks", shipped, "--no-browser")
        with running(tmp_path / "home", *where) as lab:
            assert not lab.base.endswith(":8888")
            lab.stop()
        refused = infra_ref_in("lab", *where, "--port", "8888")
    assert refused.returncode == 2
    assert refused.stderr == (
        "infra-ref: Port 8888 is taken: give another, or leave --port out to get the next free one.\n"
    )


def test_without_a_browser_it_says_what_to_open(tmp_path: Path, shipped: Path) -> None:
    where = ("--workspace", tmp_path / "w", "--notebooks", shipped)
    with running(
        tmp_path / "home", *where, PATH="/nowhere", DISPLAY="", WAYLAND_DISPLAY="", BROWSER=""
    ) as lab:
        said = lab.stop()
    assert "There is no browser here, so open this in one: http://localhost:" in said


def test_a_browser_is_sent_there_and_then_no_secret_is_printed(tmp_path: Path, shipped: Path) -> None:
    browser, opened = tmp_path / "browser.sh", tmp_path / "opened"
    browser.write_text(f'#!/bin/sh\necho "$1" > {opened}\n')
    browser.chmod(0o755)
    where = ("--workspace", tmp_path / "w", "--notebooks", shipped)
    with running(tmp_path / "home", *where, BROWSER=f"{browser} %s") as lab:
        until = time.monotonic() + 10
        while not (opened.exists() and opened.read_text()) and time.monotonic() < until:
            time.sleep(0.05)
        page = Path(opened.read_text().strip().removeprefix("file://"))
        text = page.read_text()
        assert f"{lab.base.removesuffix('/lab')}/lab/tree/00_start_here.ipynb?token=" in text
        said = lab.stop()
    assert "token" not in said


def test_without_jupyterlab_it_says_what_to_install(infra_ref_in: Any, shipped: Path, tmp_path: Path) -> None:
    where = ("--workspace", tmp_path / "w", "--notebooks", shipped)
    refused = infra_ref_in("lab", *where, python=("-c", IMPORT_BLOCKER))
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == "infra-ref: JupyterLab is not installed here: pip install 'infra-ref[lab]'\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="/dev/full, a disk without room, is Linux's own")
def test_when_jupyter_has_no_room_it_is_one_sentence(
    infra_ref_in: Any, shipped: Path, tmp_path: Path
) -> None:
    runtime = tmp_path / "runtime"
    runtime.mkdir()
    start = f"""if True:
        import os, pathlib
        from infra_ref.workbench.cli import main
        pathlib.Path({str(runtime)!r}, f"jpserver-{{os.getpid()}}-open.html").symlink_to("/dev/full")
        main()"""
    where = ("--workspace", tmp_path / "w", "--notebooks", shipped, "--no-browser")
    refused = infra_ref_in("lab", *where, python=("-c", start), JUPYTER_RUNTIME_DIR=str(runtime))
    assert refused.returncode == 2
    assert (
        refused.stderr
        == "infra-ref: The disk is full, so Jupyter cannot start: free some space, start again.\n"
    )
