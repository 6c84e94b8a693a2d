"""IR003: a call that is not idempotent is tried again, without a key by which the peer knows it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from infra_ref.workbench.linting.finding import Hit
from infra_ref.workbench.linting.flow import ancestors
from infra_ref.workbench.linting.kinds import called_on, method
from infra_ref.workbench.linting.module import Function, Module

WORDS = ("retr", "Retr", "attempt", "tries", "on_exception", "on_predicate")

_RETRIES = re.compile(
    r"(^|[._])(retry|retrying|retryable|on_exception|on_predicate|with_retries|with_retry|retry_async)\b",
    re.I,
)
_KEYED = re.compile(
    r"idempot|dedup|client_?token|request_?token|ClientRequestToken|nonce|if[-_]match|x-request-id", re.I
)
_READS = re.compile(
    r"get|fetch|list|read|search|query|find|lookup|graphql|token|login|auth|embed|llm|chat|complet|generat|predict|infer|chat|check|poll|validate|scrape|download|rerank|tokeniz|count",
    re.I,
)
_SENDS = {
    "send_email",
    "send_raw_email",
    "sendmail",
    "send_sms",
    "charge",
    "capture",
    "refund",
    "transfer",
    "pay",
}


def find(module: Module) -> Iterator[Hit]:
    """Find a POST, a PATCH or a send in what is retried by a decorator or a loop, itself or one call deep."""
    for function in module.functions:
        decorated = any(_RETRIES.search(ast.unparse(one)) for one in function.node.decorator_list)
        for call in function.calls:
            if not decorated and not _in_attempts(function, call):
                continue
            helper = function.called(call)
            risky = _repeats(function, call) or (
                helper is not None and any(_repeats(helper, one) for one in helper.calls)
            )
            if (
                risky
                and not _READS.search(" ".join(map(ast.unparse, call.args)))
                and not any(_KEYED.search(ast.unparse(one.node)) for one in (function, helper) if one)
            ):
                yield call, "tried again without an idempotency key"


def _repeats(function: Function, call: ast.Call) -> bool:
    name = method(call)
    if name in _SENDS:
        return True
    verb = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else ""
    posts = name in {"post", "patch"} or (name == "request" and str(verb).upper() in {"POST", "PATCH"})
    if not posts or called_on(function, call) != "http":
        return False
    about = function.name + " ".join(ast.unparse(one) for one in call.args[:2])
    return not _READS.search(about)


def _in_attempts(function: Function, call: ast.Call) -> bool:
    """Return whether a loop goes round again when the call fails."""
    tried = False
    for above in ancestors(function.module, call):
        if isinstance(above, ast.Try):
            tried = tried or any(not _leaves(one) for one in above.handlers)
        if isinstance(above, ast.For | ast.AsyncFor | ast.While):
            head = ast.unparse(above.test if isinstance(above, ast.While) else above.target)
            over = ast.unparse(above.iter) if not isinstance(above, ast.While) else ""
            return tried and bool(re.search(r"attempt|retr|tries", head + over, re.I))
    return False


def _leaves(handler: ast.ExceptHandler) -> bool:
    return isinstance(handler.body[-1], ast.Raise | ast.Return | ast.Break)
