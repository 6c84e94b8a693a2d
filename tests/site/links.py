"""Find what leads nowhere in a site that was built."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

HERE = "http://site.invalid/"
FETCHED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}
"""What a browser asks for by itself; a link that the reader follows may lead elsewhere."""
NAMES_ONLY = {"canonical", "next", "prev", "alternate"}


@dataclass
class Read(HTMLParser):
    """The anchors of a page, its links, and what it has fetched."""

    anchors: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.anchors.update(given[name] for name in ("id", "name") if name in given)
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag in FETCHED and FETCHED[tag] in given and given.get("rel") not in NAMES_ONLY:
            self.fetched.append(given[FETCHED[tag]])


def complaints(site: Path) -> Iterator[str]:
    """Yield each internal link or anchor that is not there, and each thing fetched from another host."""
    pages: dict[Path, Read] = {}
    for path in sorted(site.rglob("*.html")):
        pages[path] = Read()
        pages[path].feed(path.read_text(encoding="utf-8"))
    for path, page in pages.items():
        name = path.relative_to(site).as_posix()
        for url in page.fetched:
            if urlsplit(urljoin(HERE, url)).netloc != urlsplit(HERE).netloc:
                yield f"{name} fetches {url}"
        for link in dict.fromkeys(page.links):
            yield from _lost(site, name, link, pages)


def _lost(site: Path, name: str, href: str, pages: dict[Path, Read]) -> Iterator[str]:
    target = urlsplit(urljoin(HERE + name, href))
    if target.netloc != urlsplit(HERE).netloc:
        return
    path = site / unquote(target.path).lstrip("/")
    path = path / "index.html" if path.is_dir() else path
    if not path.is_file():
        yield f"{name} leads to {href}, which is not there"
    elif target.fragment and unquote(target.fragment) not in pages[path].anchors:
        yield f"{name} leads to {href}, which has no such anchor"
