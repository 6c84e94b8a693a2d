"""Notebooks run in Firefox as well."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from tests.site.firefox import Firefox, started

pytestmark = [pytest.mark.deep, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def firefox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        pytest.skip("Firefox is not here: apt-get install firefox-esr")
    with started(program, tmp_path_factory.mktemp("profile")) as firefox:
        yield firefox


RUN_ALL = """await (async () => {
  while (!window.live) await new Promise((go) => setTimeout(go, 100));
  const failed = [];
  let number = 0;
  for (const cell of live.cells) {
    const ok = await live.session.run(cell.id, ++number, cell.text, () => {});
    if (!ok) failed.push(cell.text);
  }
  return [number, failed];
})()"""


@pytest.mark.parametrize("name", ["00_start_here", "01_repository", "08_configuration"])
def test_all_cells_run(name: str, address: str, firefox: Firefox) -> None:
    firefox.open(f"{address}notebooks/{name}/")
    number, failed = firefox.evaluate(RUN_ALL)
    assert number > 20
    assert failed == []


def test_what_a_page_raises_is_raised_here(address: str, firefox: Firefox) -> None:
    firefox.open(address)
    with pytest.raises(RuntimeError, match="nothing of that name"):
        firefox.evaluate("await Promise.reject(new Error('nothing of that name'))")
