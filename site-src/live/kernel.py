"""What a cell expects of a Jupyter kernel, in as little as it takes.

Holds no JavaScript object until `start`, so that the interpreter can be kept as
a memory snapshot with this module in it.
"""

import asyncio
import base64
import io
import json
import json.decoder
import json.scanner
import linecache
import os
import random
import socket
import sys
import traceback
from pathlib import Path
from types import SimpleNamespace

from pretty import pretty  # IPython's, which needs the standard library alone
from pyodide.code import eval_code_async

import __main__

# In C a deep document overflows the browser's stack, which ends the interpreter; in Python it raises.
json.scanner.make_scanner = json.scanner.py_make_scanner
json._default_decoder = json.JSONDecoder()

NO_NETWORK = (
    "this page has no network, so it reaches no server; in memory, fakeredis and SQLite work here. "
    "On your own machine: uvx --from 'infra-ref[lab]' infra-ref lab"
)
PROGRESS = Path("/home/pyodide/progress.json")
MIMES = {
    "text/html": "_repr_html_",
    "text/markdown": "_repr_markdown_",
    "image/svg+xml": "_repr_svg_",
    "image/png": "_repr_png_",
}
state = SimpleNamespace(emit=None, progress="")


def send(kind, **content):
    state.emit(kind, json.dumps(content))


class Stream(io.TextIOBase):
    encoding = "utf-8"

    def __init__(self, name):
        self.name = name

    def writable(self):
        return True

    def write(self, text):
        if text:
            send("stream", name=self.name, text=text)
        return len(text)


def bundle(value):
    found, kind = {"text/plain": pretty(value)}, type(value)
    for mime, method in MIMES.items():
        if hasattr(kind, method) and (data := getattr(value, method)()) is not None:
            found[mime] = base64.b64encode(data).decode() if isinstance(data, bytes) else data
    if hasattr(kind, "_repr_mimebundle_"):
        more = value._repr_mimebundle_()
        found |= more[0] if isinstance(more, tuple) else more
    return found


def display(*values, **_):
    for value in values:
        send("display_data", data=bundle(value))


def refuse(*_, **__):
    raise RuntimeError(NO_NETWORK)


def start(to, progress=""):
    """Begin a session: outputs go to `to(kind, json)`. `progress` is what the reader did before."""
    state.emit, state.progress = to, progress
    random.seed()  # a snapshot would give every reader the same numbers
    os.environ["INFRA_REF_PROGRESS"] = str(PROGRESS)
    if progress:
        PROGRESS.write_text(progress)
    # By itself a socket here connects to nothing without an error.
    socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = refuse
    for name in ("create_connection", "create_unix_connection", "getaddrinfo"):
        setattr(asyncio.BaseEventLoop, name, refuse)
        setattr(type(asyncio.get_event_loop()), name, refuse)
    sys.stdout, sys.stderr = Stream("stdout"), Stream("stderr")
    __main__.__dict__.update(__name__="__main__", display=display)


async def run(source, number):
    """Run a cell; return whether it ended without an exception."""
    name = f"Cell [{number}]"
    linecache.cache[name] = len(source), None, source.splitlines(True), name
    try:
        value = await eval_code_async(source, __main__.__dict__, filename=name)
        if value is not None:
            __main__._ = value
            send("execute_result", data=bundle(value))
        after_cell(source, None)
        return True
    except BaseException as error:  # noqa: BLE001 - SystemExit and CancelledError too: the kernel lives on
        after_cell(source, error)
        trace = error.__traceback__
        while trace and trace.tb_frame.f_code.co_filename != name:
            trace = trace.tb_next
        lines = traceback.format_exception(type(error), error, trace)
        send("error", ename=type(error).__name__, evalue=str(error), traceback="".join(lines))
        return False
    finally:
        note_progress()


def after_cell(source, error):
    """Let the judge of exercises know which definitions failed, as IPython's events do in Jupyter."""
    if definitions := sys.modules.get("infra_ref.workbench.teaching.definitions"):
        definitions.after_cell(source, error)


def note_progress():
    text = PROGRESS.read_text() if PROGRESS.exists() else ""
    if text != state.progress:
        state.progress = text
        send("progress", text=text)
