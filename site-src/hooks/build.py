"""The hook of mkdocs.yml: adds the pages that are made from the repository, and the menu."""

from __future__ import annotations

import logging
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import anti_pattern_page
import benchmark_page
import contract_page
import home
import map_page
import measured
import notebook_pages
import options_page
import reference_pages
import search_kinds
import soak_page
import the_map
import way_in
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.plugins import event_priority
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page
from navigation import navigation
from tree import ROOT, Pattern, contracted
from verdicts import Verdicts, of_servers

import infra_ref

PART = re.compile(
    r'<nav class="md-nav" data-md-level="(?P<level>[1-9])" aria-labelledby="\w+"'
    r"(?P<rest>[^>]*>\s*<label[^>]*>\s*<span[^>]*></span>\s*)(?P<title>[^<]+)<"
)
log = logging.getLogger("mkdocs.infra_ref")
_verdicts: list[Verdicts] = []


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Have `mkdocs serve` look at all that the pages are made from."""
    watched = [ROOT / name for name in ("infra_ref", "notebooks", "site-src", "pyproject.toml")]
    config.edit_uri = config.edit_uri if config.repo_url else None
    config.watch.extend(str(path) for path in watched if path.exists())
    return config


def on_pre_build(config: MkDocsConfig) -> None:
    """Begin trying the adapters: it takes as long as the rest."""
    the_map.parts.cache_clear()
    _verdicts[:] = [Verdicts()]


@event_priority(100)  # before mkdocs-jupyter looks for notebooks
def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what is made from the repository, and set the menu."""
    for complaint in the_map.complaints():
        log.warning(complaint)
    made = {
        "map.md": map_page.page(),
        "benchmarks.md": benchmark_page.page(),
        soak_page.URI: soak_page.page(),
    }
    made |= {"notebooks/index.md": notebook_pages.index(), options_page.URI: options_page.page()}
    made |= {anti_pattern_page.URI: anti_pattern_page.page(), **dict(way_in.files(config))}
    for notebook in notebook_pages.files(config):
        files.append(notebook)
    # The pages that wait for the verdicts come last.
    made |= dict(reference_pages.pages())
    made |= {f"reference/{name}/contract.md": "" for name in contracted()}
    for uri, text in made.items():
        files.append(File.generated(config, uri, content=text))
    config.nav = navigation()
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Fill in the contracts' pages, and what other pages ask for in a comment."""
    if found := re.fullmatch(r"reference/(?!shared/)(\w+)/contract\.md", page.file.src_uri):
        page.meta["title"] = f"{contracted()[found[1]].title}: the contract"
        return _contract(contracted()[found[1]])
    if found := re.search(r"<!-- verdicts (infra_ref\.(\w+)\.[\w.]+) -->", markdown):
        subjects = [*_verdicts[0].of(found[2])["subjects"], *of_servers()["patterns"].get(found[2], [])]
        return markdown.replace(found[0], contract_page.summary(subjects, found[1]))
    markdown, lost = measured.filled(markdown, "../benchmarks.md")
    for asked in lost:
        log.warning("%s: no figure for %s", page.file.src_uri, asked)
    return home.filled(markdown).replace(way_in.ASKED, way_in.get_it(config.repo_url))


def _contract(pattern: Pattern) -> str:
    found = _verdicts[0].of(pattern.name)
    for complaint in contract_page.broken(found["subjects"]):
        log.warning("%s", complaint)
    return contract_page.page(pattern, found, of_servers())


def on_page_content(html: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Trim the notebooks' pages, and give each page a description of its own."""
    page.meta.setdefault("description", search_kinds.description(html))
    if page.file.src_uri.endswith("/contract.md"):
        for head in (one for top in page.toc for one in top.children):
            head.children.clear()  # hundreds of rules
    if not page.file.src_uri.endswith(".ipynb"):
        return html
    content, contents, complaints = notebook_pages.trimmed(html, page.file.src_uri, files)
    for complaint in complaints:
        log.warning("%s: %s", page.file.src_uri, complaint)
    page.toc = contents
    return content


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Give names where the theme's pages lack them: a part of the menu is named with those around it."""
    output = output.replace('role="dialog"', 'role="dialog" aria-label="Search"', 1)
    around: list[str] = []

    def named(found: re.Match[str]) -> str:
        level, rest, title = int(found["level"]), found["rest"], found["title"].strip()
        around[level - 1 :] = [title]
        return f'<nav class="md-nav" data-md-level="{level}" aria-label="{" / ".join(around)}"{rest}{title}<'

    output = PART.sub(named, output)
    return re.sub(r"<th( [^>]*)?></th>", r"<td\1></td>", output)


def on_post_template(output: str, template_name: str, config: MkDocsConfig) -> str:
    """Make the links of the page for missing ones relative to the site's home, which it finds itself."""
    if template_name != "404.html":
        return output
    home = urlsplit(config.site_url or "/").path
    output = output.replace(f'new URL("{home}",location)', "new URL(document.baseURI)")
    return re.sub(rf'((?<!<base )(?:href|src)=|"search": )"{home}', r'\1"./', output)


@event_priority(-100)  # after the search has written its index
def on_post_build(config: MkDocsConfig) -> None:
    """Tell the kind of each entry of the search."""
    search_kinds.mark(Path(config.site_dir, "search", "search_index.json"))


def on_page_context(context: dict[str, Any], page: Page, config: MkDocsConfig, nav: Any) -> dict[str, Any]:
    """Let the template know a notebook's page."""
    context["is_notebook"] = page.file.src_uri.endswith(".ipynb")
    context["is_playground"] = page.file.src_uri == notebook_pages.PLAYGROUND
    context["notebook_name"] = Path(page.file.src_uri).name
    context["version"] = infra_ref.__version__
    if context["is_notebook"] and config.repo_url:
        folder = "site-src/" if context["is_playground"] else ""
        page.edit_url = f"{config.repo_url.rstrip('/')}/edit/main/{folder}{page.file.src_uri}"
    return context
