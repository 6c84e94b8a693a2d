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
    *(f"redis/{name}/" for name in ("asyncio/http", "asyncio/multidb", "http", "multidb")),
    *(f"redis/commands/{name}/" for name in ("bf", "json", "search", "timeseries", "vectorset")),
    "dishka/integrations/",
    "dishka/plotter/",
    "pydantic/mypy.py",
    *(f"sqlalchemy/{name}/" for name in ("dialects/mssql", "dialects/mysql", "dialects/oracle", "testing")),
    *(f"sqlalchemy/dialects/{name}/provision.py" for name in ("postgresql", "sqlite")),
    *(f"sqlalchemy/ext/{name}" for name in ("automap", "baked", "declarative/", "horizontal_shard")),
    *(f"pydantic/{name}" for name in ("color.py", "deprecated/", "experimental/", "v1/")),
)
NO_USE = (
    *("_pyrepl/", "ensurepip/", "multiprocessing/", "wsgiref/", "xml/dom/", "xml/sax/", "xmlrpc/"),
    *(
        "_pydatetime.",
        "_pyio.",
        "bdb.",
        "cProfile.",
        "doctest.",
        "ftplib.",
        "imaplib.",
        "mailbox.",
        "optparse.",
    ),
    *("pdb.", "pickletools.", "poplib.", "profile.", "pstats.", "pydoc", "tarfile.", "turtle"),
    *("concurrent/futures/process.", "http/server.", "encodings/cp", "encodings/iso8859_", "encodings/mac_"),
)
"""Of the standard library, what a page has no use for."""
STILL = tuple(f"encodings/{name}." for name in ("cp437", "cp1252", "iso8859_1", "iso8859_15"))
"""Zip files, and the most usual of the old encodings."""
BOOT = ("_pyodide/", "pyodide/")
"""Of the standard library's archive, what needs its docstrings to start."""
SITE = "/lib/python3.14/site-packages"
LIBRARY = "/lib/python314.zip"


def compiled(path, source, whole=False):
    # Of other people's code neither docstrings nor asserts are kept: a quarter of the bytes.
    code = compile(source, path, "exec", dont_inherit=True, optimize=0 if whole else 2)
    # Not checked against its source when it is imported: nothing is edited there.
    return bytes(external._code_to_hash_pyc(code, importlib.util.source_hash(source), False))


def pack(name, files):
    """Write a pack; of our own with the sources, which a broken rule quotes."""
    made = []
    for at, content in files:
        if not at.endswith(".py"):
            made.append((at, content))
        elif name in OWN:
            made += [(at, content), cached(at, content)]
        else:
            made.append((f"{at}c", compiled(f"{SITE}/{at}", content)))
    write(name, made)


def cached(at, content):
    folder, _, file = at.rpartition("/")
    place = f"{folder}/__pycache__/{file[:-3]}.cpython-314.pyc".lstrip("/")
    return place, compiled(f"{SITE}/{at}", content, whole=True)


def write(name, made):
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


def split(imported):
    """Write our own pack anew without anything compiled, and for each notebook what it imports, compiled."""
    (wheel,) = Path("/wheels").glob("infra_ref-*.whl")
    files = contents(wheel)
    write("infra_ref", list(files.items()))
    modules = {at[:-3].removesuffix("/__init__").replace("/", "."): at for at in files if at.endswith(".py")}
    for notebook, names in imported.to_py().items():
        ours = (modules[name] for name in names if name in modules)
        write(f"compiled-{notebook}", [cached(at, files[at]) for at in ours])


def standard_library():
    """Write it stored, since it is gzipped as a whole, compiled, without what a page has no use for."""
    with (
        zipfile.ZipFile("/pyodide/python_stdlib.zip") as old,
        zipfile.ZipFile("/live/core/python_stdlib.zip", "w", zipfile.ZIP_STORED) as new,
    ):
        for one in old.infolist():
            if one.filename.startswith(STILL) or not one.filename.startswith(NO_USE):
                at, content = one.filename, old.read(one)
                if at.endswith(".py") and not at.startswith(BOOT):
                    at, content = f"{at}c", compiled(f"{LIBRARY}/{at}", content)
                new.writestr(at, content)


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
