"""The way in: how to get it, and the files for people who work with a tool.

The repository's address is one setting, `repo_url` in mkdocs.yml; without one, pages do without.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from map_page import page_name
from mkdocs.config.defaults import MkDocsConfig
from tree import PACKAGE, ROOT, TREE, needs, patterns

from infra_ref.workbench.sizes import partners

ASKED = "<!-- get it -->"
SKILL = ROOT / PACKAGE / "workbench" / "SKILL.md"


def get_it(repository: str | None) -> str:
    """Return the lines that get it, as a block of a shell."""
    clone = f"git clone {repository} infra_ref && cd infra_ref && make lab" if repository else "make lab"
    where = "" if repository else "  # in a clone"
    return (
        "```sh\n"
        "uvx --from 'infra-ref[lab]' infra-ref lab\n"
        "uvx infra-ref add RedisCache --to src/shop/infra\n"
        f"{clone}{where}\n"
        "```"
    )


def files(config: MkDocsConfig) -> Iterator[tuple[str, str]]:
    """Yield path and content of what a tool reads."""
    yield "llms.txt", llms(config.site_url or "")
    yield "registry.json", json.dumps(registry(config.site_url or config.repo_url or ""), indent=1)
    yield "skill.txt", SKILL.read_text(encoding="utf-8")
    yield "changelog.md", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    yield "licence.md", f"# Licence\n\n```text\n{(ROOT / 'LICENSE').read_text(encoding='utf-8')}```\n"


def llms(site: str) -> str:
    """Return the list of pages in the form of llmstxt.org."""
    lines = [
        "# infra_ref\n",
        "> Ports, adapters and contract tests of the infrastructure layer, in Python.\n",
    ]
    lines.append(f"How to use it from a tool: {site}skill.txt\n")
    for pattern in patterns():
        lines.append(f"## {pattern.title}\n\n{pattern.sentence}.\n")
        folder = f"{site}reference/{pattern.name}"
        for source in [*pattern.promise, *pattern.others]:
            lines.append(f"- [{source.stem}]({folder}/{page_name(source)}/): {source.sentence}")
        lines.append(f"- [contract]({folder}/contract/): the numbered rules\n")
    return "\n".join(lines)


def registry(home: str) -> dict[str, Any]:
    """Return every item of `infra-ref add` in shadcn's form; a dependency is another item's name."""
    return {
        "$schema": "https://ui.shadcn.com/schema/registry.json",
        "name": "infra-ref",
        "homepage": home,
        "items": [_item(name) for name in TREE.items()],
    }


def _item(name: str) -> dict[str, Any]:
    (module,) = TREE.named(name)
    brought = TREE.closure([module, *partners(module, TREE)])
    known = set(TREE.items())
    return {
        "name": name,
        "type": "registry:lib",
        "title": module.stem,
        "description": f"{module.sentence}.",
        "dependencies": sorted({needed for one in brought for needed in needs(one)}),
        "registryDependencies": [
            TREE.item(one) for one in brought if one is not module and TREE.item(one) in known
        ],
        "files": [{"path": module.place.as_posix(), "type": "registry:lib"}],
        "docs": f"uvx infra-ref add {name} --to src/yourapp/infra",
    }
