"""IR003: a call that is not idempotent is tried again, without a key by which the peer knows it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from infra_ref.workbench.linting.acts import arguments
from infra_ref.workbench.linting.finding import Hit
from infra_ref.workbench.linting.flow import ancestors
from infra_ref.workbench.linting.kinds import called_on, method
from infra_ref.workbench.linting.module import Function, Module
from infra_ref.workbench.linting.syntax import words

WORDS = ("retr", "Retr", "attempt", "tries", "on_exception", "on_predicate")

_RETRIES = re.compile(
    r"(^|[._])(retry(ing|able|_async)?|on_(exception|predicate)|with_retr(y|ies))\b|autoretry_for"
)
_KEYED = re.compile(r"idempot|dedup|client_?token|request_?token|nonce|if[-_]match|x-request-id", re.I)
_READS = re.compile(
    r"get|fetch|list|read|search|query|find|lookup|graphql|token|login|auth|check|poll|validate|download|count"
    r"|render|convert|sandbox|embed|llm|chat|complet|generat|predict|infer|scrape|rerank",
    re.I,
)
_SENDS = words("send_email send_raw_email sendmail send_message send_sms charge capture refund transfer pay")


def find(module: Module) -> Iterator[Hit]:
    """Find a POST, a PATCH or a send in what is retried by a decorator or a loop, itself or one call deep."""
    for function in module.functions:
        decorated = any(_RETRIES.search(ast.unparse(one)) for one in function.node.decorator_list)
        for call in function.calls:
            if not decorated and not _in_attempts(module, call):
                continue
            helper = function.called(call)
            inside = [(helper, one) for one in helper.calls] if helper is not None else []
            risky = any(_repeats(home, one) for home, one in [(function, call), *inside])
            read = _READS.search(" ".join(map(ast.unparse, arguments(call))))
            homes = [function, *([helper] if helper is not None else [])]
            if risky and not read and not any(_KEYED.search(ast.unparse(one.node)) for one in homes):
                yield call, "tried again without an idempotency key"


def _repeats(function: Function, call: ast.Call) -> bool:
    name = method(call)
    if name in _SENDS:
        return True
    verb = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else ""
    posts = name in {"post", "patch"} or (name == "request" and str(verb).upper() in {"POST", "PATCH"})
    about = function.name + " ".join(ast.unparse(one) for one in call.args[:2])
    return posts and called_on(function, call) == "http" and not _READS.search(about)


def _in_attempts(module: Module, call: ast.Call) -> bool:
    """Return whether a loop over attempts goes round again when the call fails."""
    tried = False
    for above in ancestors(module, call):
        if isinstance(above, ast.Try):
            ends = ast.Raise | ast.Return | ast.Break
            tried = tried or any(not isinstance(one.body[-1], ends) for one in above.handlers)
        if isinstance(above, ast.For | ast.AsyncFor | ast.While):
            heads = [above.test] if isinstance(above, ast.While) else [above.target, above.iter]
            return tried and any(re.search(r"attempt|retr|tries", ast.unparse(one), re.I) for one in heads)
    return False
