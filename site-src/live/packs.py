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
    *(f"infra_ref/workbench/{name}/" for name in ("copying", "notebooks", "settings", "tests")),
    *(f"sqlalchemy/{name}/" for name in ("dialects/mssql", "dialects/mysql", "dialects/oracle", "testing")),
    "pydantic/v1/",
)
SITE = "/lib/python3.14/site-packages"


def compiled(name, at, source):
    # Of other people's code neither docstrings nor asserts are kept: a quarter of the bytes.
    code = compile(source, f"{SITE}/{at}", "exec", dont_inherit=True, optimize=0 if name in OWN else 2)
    # Not checked against its source when it is imported: nothing is edited there.
    return bytes(external._code_to_hash_pyc(code, importlib.util.source_hash(source), False))


def pack(name, files):
    made = []
    for at, content in files:
        if not at.endswith(".py"):
            made.append((at, content))
        elif name in OWN:  # with the source, which a broken rule quotes
            folder, _, file = at.rpartition("/")
            made.append((at, content))
            made.append(
                (f"{folder}/__pycache__/{file[:-3]}.cpython-314.pyc".lstrip("/"), compiled(name, at, content))
            )
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


def main():
    for wheel in sorted(Path("/wheels").glob("*.whl")):
        name = wheel.name.partition("-")[0].lower()
        with zipfile.ZipFile(wheel) as opened:
            files = {
                at: without_readme(at, opened.read(at)) for at in sorted(opened.namelist()) if wanted(at)
            }
        if name == "ipython":  # for its printer alone
            name, files = "kernel", {"pretty.py": files["IPython/lib/pretty.py"]}
            files["kernel.py"] = Path("/here/kernel.py").read_bytes()
            files["greenlet.py"] = Path("/here/no_greenlet.py").read_bytes()
        elif len(tops := {at.split("/")[0] for at in files if "/" in at and ".dist-info/" not in at}) == 1:
            (name,) = tops  # python-dotenv is imported as dotenv
        pack(name, files.items())


main()
