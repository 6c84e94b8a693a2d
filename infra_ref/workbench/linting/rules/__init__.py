"""Our own rules, each in a file of its own; the first seven were found in no other tool."""

from __future__ import annotations

from typing import Final

from infra_ref.workbench.linting.finding import Rule, catalogue
from infra_ref.workbench.linting.rules import (
    business_logic_in_adapter,
    cache_without_ttl,
    cancellation_eaten,
    client_per_call,
    dual_write,
    environment_in_adapter,
    leaked_database_type,
    n_plus_one,
    port_mirrors_vendor,
    publish_before_commit,
    retry_without_key,
    session_shared_by_tasks,
    vendor_type_in_port,
)

_FINDERS = {
    "publish_before_commit": publish_before_commit,
    "dual_write": dual_write,
    "retry_without_key": retry_without_key,
    "session_shared_by_tasks": session_shared_by_tasks,
    "port_mirrors_vendor": port_mirrors_vendor,
    "vendor_type_in_port": vendor_type_in_port,
    "cache_without_ttl": cache_without_ttl,
    "business_logic_in_adapter": business_logic_in_adapter,
    "leaked_database_type": leaked_database_type,
    "n_plus_one": n_plus_one,
    "client_per_call": client_per_call,
    "environment_in_adapter": environment_in_adapter,
    "cancellation_eaten": cancellation_eaten,
}
_EXPERIMENTAL = {"cancellation_eaten"}

ALL: Final = tuple(
    Rule(catalogue()[name], one.find, one.WORDS, name in _EXPERIMENTAL) for name, one in _FINDERS.items()
)
RULES: Final = tuple(one for one in ALL if not one.experimental)
"""Those that run unless others are selected."""
