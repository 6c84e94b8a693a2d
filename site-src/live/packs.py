"""Turn each wheel into a pack: its files compiled ahead, one after another, gzipped as one. Runs in Pyodide.

A pack is the length of its index (4 bytes, little endian), the index as JSON
([[path, bytes], ...]), and the files. Gzipped by us, it needs no setting of a server.
"""

import gzip
import importlib._bootstrap_external as external
import importlib.util
import json
import zipfile
from pathlib import Path

OWN = ("infra_ref", "kernel")
UNUSED = (
    *(f"infra_ref/workbench/{name}/" for name in ("copying", "demo", "notebooks", "settings", "tests")),
    *(f"sqlalchemy/connectors/{name}" for name in ("pyodbc", "aioodbc")),
    "redis/asyncio/multidb/",
    "redis/multidb/",
    "dishka/integrations/",
    "dishka/plotter/",
    "pydantic/mypy.py",
    *(f"sqlalchemy/{name}/" for name in ("dialects/mssql", "dialects/mysql", "dialects/oracle", "testing")),
    "pydantic/v1/",
)
NO_USE = ("_pyrepl/", "ensurepip/", "imaplib.", "mailbox.", "pydoc", "turtle", "wsgiref/", "xmlrpc/")
"""Of the standard library, what a page has no use for."""
SITE = "/lib/python3.14/site-packages"


def compiled(name, at, source):
    # Of other people's code neither docstrings nor asserts are kept: a quarter of the bytes.
    code = compile(source, f"{SITE}/{at}", "exec", dont_inherit=True, optimize=0 if name in OWN else 2)
    # Not checked against its source when it is imported: nothing is edited there.
    return bytes(external._code_to_hash_pyc(code, importlib.util.source_hash(source), False))


def pack(name, files, imported=None):
    """Write a pack; of our own, with the compiled form of what is `imported`, all unless given."""
    made = []
    for at, content in files:
        if not at.endswith(".py"):
            made.append((at, content))
        elif name in OWN:  # with the source, which a broken rule quotes
            folder, _, file = at.rpartition("/")
            made.append((at, content))
            if imported is None or at[:-3].removesuffix("/__init__").replace("/", ".") in imported:
                cached = f"{folder}/__pycache__/{file[:-3]}.cpython-314.pyc".lstrip("/")
                made.append((cached, compiled(name, at, content)))
        else:
            made.append((f"{at}c", compiled(name, at, content)))
    index = json.dumps([[at, len(content)] for at, content in made]).encode()
    whole = b"".join([len(index).to_bytes(4, "little"), index, *(content for _, content in made)])
    Path(f"/live/packs/{name}.gz").write_bytes(gzip.compress(whole, 9, mtime=0))


def wanted(at):
    if ".dist-info/" in at:  # some packages ask for their own version when they are imported
        return at.endswith("/METADATA")
    return at.endswith((".py", ".json", ".toml", ".so")) and not at.startswith(UNUSED)


def without_readme(at, content):
    return content.partition(b"\n\n")[0] if at.endswith("/METADATA") else content


def contents(wheel):
    with zipfile.ZipFile(wheel) as opened:
        return {at: without_readme(at, opened.read(at)) for at in sorted(opened.namelist()) if wanted(at)}


def slim(used):
    """Write our own pack anew, with the compiled form of what is used."""
    (wheel,) = Path("/wheels").glob("infra_ref-*.whl")
    pack("infra_ref", contents(wheel).items(), set(used.to_py()))


def standard_library():
    """Write it stored, since it is gzipped as a whole, without what a page has no use for."""
    with (
        zipfile.ZipFile("/pyodide/python_stdlib.zip") as old,
        zipfile.ZipFile("/live/core/python_stdlib.zip", "w", zipfile.ZIP_STORED) as new,
    ):
        for one in old.infolist():
            if not one.filename.startswith(NO_USE):
                new.writestr(one.filename, old.read(one))


def main():
    standard_library()
    for wheel in sorted(Path("/wheels").glob("*.whl")):
        name = wheel.name.partition("-")[0].lower()
        files = contents(wheel)
        if name == "ipython":  # for its printer alone
            name, files = "kernel", {"pretty.py": files["IPython/lib/pretty.py"]}
            files["kernel.py"] = Path("/here/kernel.py").read_bytes()
            files["greenlet.py"] = Path("/here/no_greenlet.py").read_bytes()
        elif len(tops := {at.split("/")[0] for at in files if "/" in at and ".dist-info/" not in at}) == 1:
            (name,) = tops  # python-dotenv is imported as dotenv
        pack(name, files.items())


main()
