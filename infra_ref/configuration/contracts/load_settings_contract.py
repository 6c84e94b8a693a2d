"""What everything that loads settings promises."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import chdir, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from infra_ref.configuration.port import LoadSettings
from infra_ref.contract import Contract, rule
from infra_ref.result import Err, Ok

SECRET = "swordfish"


class LoadSettingsContract(Contract):
    """`make` gives a loader of these options, whose variables begin with `BENCH_`.

    `environment`: test or development, no default; `name`: text, by default "plain", in
    development "dev"; `port`: 0 to 65535, by default 8000; `token`: a secret text with `get_secret_value()`,
    by default "none"; `url`: a URL that may hold a password, by default memory://.
    """

    port = LoadSettings

    @rule("SETT-01", "an option that no source gives has its default, or that of the environment")
    async def defaults(self, load: LoadSettings[Any]) -> None:
        assert _given(load, environ={"BENCH_ENVIRONMENT": "test"}).name == "plain"
        assert _given(load, environ={"BENCH_ENVIRONMENT": "development"}).name == "dev"

    @rule("SETT-02", "the later source wins: file, environment, secrets, arguments")
    async def precedence(self, load: LoadSettings[Any]) -> None:
        text = 'environment = "development"\nname = "file"\nport = 1\ntoken = "file"'
        with _folder(
            {"bench.toml": text, "secrets/BENCH_TOKEN": "secrets", "secrets/BENCH_PORT": "3"}
        ) as folder:
            file, secrets = folder / "bench.toml", folder / "secrets"
            environ = {"BENCH_PORT": "2", "BENCH_TOKEN": "environ"}
            assert _given(load, environ={}, file=file).port == 1
            assert _given(load, file=file, environ=environ).port == 2
            assert _given(load, file=file, environ=environ, secrets=secrets).port == 3
            settings = _given(load, file=file, environ=environ, secrets=secrets, arguments={"port": 4})
            assert (settings.port, settings.token.get_secret_value(), settings.name) == (4, "secrets", "file")

    @rule("SETT-03", "all problems come at once, each with the place where it is to be mended")
    async def at_once(self, load: LoadSettings[Any]) -> None:
        environ = {"BENCH_PORT": "http", "BENCH_URL": "nowhere", "BENCH_ENVIRONMENT": "test"}
        problems = _problems(load, environ=environ, file=Path("nosuch.toml"))
        assert all(part in problems for part in ("BENCH_PORT", "BENCH_URL", "nosuch.toml"))

    @rule("SETT-04", "no secret shows in a problem or in the repr of the settings")
    async def secrets(self, load: LoadSettings[Any]) -> None:
        url, token = f"redis://ann:{SECRET}@cache.test/0?password={SECRET}", f"token-{SECRET}"
        environ = {"BENCH_ENVIRONMENT": "test", "BENCH_TOKEN": token, "BENCH_URL": url}
        assert SECRET not in repr(load(environ=environ))
        bad = url.replace("/0", ":99999/0")
        assert SECRET not in _problems(load, environ=environ | {"BENCH_URL": bad, "BENCH_PORT": SECRET})

    @rule("SETT-05", "a variable with the prefix that is no option is reported with the nearest name")
    async def misspelt_variable(self, load: LoadSettings[Any]) -> None:
        found = load(environ={"BENCH_ENVIRONMENT": "test", "BENCH_TOKN": "a", "OTHER_TOKN": "b"})
        assert isinstance(found, Ok)
        (unknown,) = found.value.unknown
        assert unknown.where == "BENCH_TOKN"
        assert "BENCH_TOKEN" in unknown.says

    @rule("SETT-06", "an option of the file that does not exist is refused, with the nearest name")
    async def misspelt_option(self, load: LoadSettings[Any]) -> None:
        with _folder({"bench.toml": 'prot = 1\nenvironment = "test"'}) as folder:
            file = folder / "bench.toml"
            problems = _problems(load, environ={}, file=file)
            assert str(file) in problems
            assert "port" in problems

    @rule("SETT-07", "a named file or folder that is missing is a problem, wherever the program started")
    async def missing(self, load: LoadSettings[Any]) -> None:
        environ = {"BENCH_ENVIRONMENT": "test"}
        with _folder({}) as folder, chdir(folder):
            for source in ("file", "secrets"):
                assert str(folder / "nosuch") in _problems(load, environ=environ, **{source: Path("nosuch")})

    @rule("SETT-08", "a file that is a folder, a folder that is a file and what is not TOML are problems")
    async def unreadable(self, load: LoadSettings[Any]) -> None:
        environ = {"BENCH_ENVIRONMENT": "test"}
        with _folder({"bench.toml": "port: 1"}) as folder:
            file = folder / "bench.toml"
            for wrong in ({"file": folder}, {"file": file}, {"secrets": file}):
                (place,) = wrong.values()
                assert str(place) in _problems(load, environ=environ, **wrong)

    @rule("SETT-09", "settings cannot be changed once they are loaded")
    async def frozen(self, load: LoadSettings[Any]) -> None:
        settings = _given(load, environ={"BENCH_ENVIRONMENT": "test"})
        try:
            settings.name = "other"
        except Exception:  # noqa: BLE001 - whichever kind of error it takes
            return
        assert settings.name == "plain"

    @rule("SETT-10", "each option that was given has its origin")
    async def origins(self, load: LoadSettings[Any]) -> None:
        found = load(
            environ={"BENCH_ENVIRONMENT": "development", "BENCH_PORT": "1"}, arguments={"token": "t"}
        )
        assert isinstance(found, Ok)
        origins = found.value.origins
        assert origins["port"] == "BENCH_PORT"
        assert "development" in origins["name"]
        assert "argument" in origins["token"]
        assert "url" not in origins


@contextmanager
def _folder(files: Mapping[str, str]) -> Generator[Path]:
    with TemporaryDirectory() as folder:
        for name, text in files.items():
            file = Path(folder, name)
            file.parent.mkdir(exist_ok=True)
            file.write_text(text, "utf-8")
        yield Path(folder).resolve()


def _given(load: LoadSettings[Any], **sources: Any) -> Any:
    found = load(**sources)
    assert isinstance(found, Ok), found
    return found.value.settings


def _problems(load: LoadSettings[Any], **sources: Any) -> str:
    found = load(**sources)
    assert isinstance(found, Err), found
    return f"{found.error} {found.error!r}"
