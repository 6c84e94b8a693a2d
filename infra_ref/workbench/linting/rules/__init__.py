"""Our own rules, each in a file of its own; the first seven were found in no other tool."""

from __future__ import annotations

from typing import Final

from infra_ref.workbench.linting.finding import Rule
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

ALL: Final[tuple[Rule, ...]] = (
    publish_before_commit.RULE,
    dual_write.RULE,
    retry_without_key.RULE,
    session_shared_by_tasks.RULE,
    port_mirrors_vendor.RULE,
    vendor_type_in_port.RULE,
    cache_without_ttl.RULE,
    business_logic_in_adapter.RULE,
    leaked_database_type.RULE,
    n_plus_one.RULE,
    client_per_call.RULE,
    environment_in_adapter.RULE,
    cancellation_eaten.RULE,
)
RULES: Final = tuple(one for one in ALL if not one.experimental)
"""Those that run unless others are selected."""
