"""IR006: a type of a library or framework in the signature of a port."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from infra_ref.workbench.linting.acts import is_port
from infra_ref.workbench.linting.finding import Hit, Rule
from infra_ref.workbench.linting.module import Function, Module

VENDORS = {
    *(
        "aio_pika",
        "aiobotocore",
        "aiohttp",
        "aiokafka",
        "aioredis",
        "asyncpg",
        "azure",
        "boto3",
        "botocore",
        "bson",
    ),
    *(
        "cassandra",
        "celery",
        "confluent_kafka",
        "django",
        "elasticsearch",
        "falcon",
        "fastapi",
        "flask",
        "google",
    ),
    *(
        "grpc",
        "httpx",
        "kafka",
        "kombu",
        "litestar",
        "motor",
        "mysql",
        "nats",
        "opensearchpy",
        "peewee",
        "pika",
    ),
    *(
        "psycopg",
        "psycopg2",
        "pymongo",
        "pymysql",
        "redis",
        "requests",
        "rest_framework",
        "sanic",
        "sendgrid",
    ),
    *(
        "sqlalchemy",
        "sqlite3",
        "sqlmodel",
        "starlette",
        "stripe",
        "tornado",
        "tortoise",
        "twilio",
        "urllib3",
        "werkzeug",
    ),
}
_PORT = re.compile(
    r"(Port|Repository|Repo|Gateway|Service|Cache|Bus|Storage|Store|Publisher|Notifier|Sender|Mailer|UnitOfWork|Uow"
    r"|UoW|Queue|Dao|DAO)$|^I[A-Z][a-z]"
)


def find(module: Module) -> Iterator[Hit]:
    """Find a vendor's type in the public methods of a Protocol or an abstract class that is a port."""
    for function in module.functions:
        owner = function.owner
        if (
            owner is None
            or not is_port(owner)
            or (function.name.startswith("_") and function.name != "__call__")
        ):
            continue
        if module.role != "port" and (
            module.role in {"adapter", "composition", "script"} or not _PORT.search(owner.name)
        ):
            continue
        for annotation in _signature(function):
            for part, name in _names(module, annotation):
                if name.partition(".")[0] in VENDORS:
                    yield (
                        part,
                        f"the port {owner.name} speaks {name.partition('.')[0]}: {name.rpartition('.')[2]}",
                    )


def _signature(function: Function) -> Iterator[ast.expr]:
    yield from (one.annotation for one in function.parameters if one.annotation is not None)
    if function.node.returns is not None:
        yield function.node.returns


def _names(module: Module, annotation: ast.expr) -> Iterator[tuple[ast.expr, str]]:
    """Give each name in an annotation with what it stands for; a text is read as what it says."""
    for node in ast.walk(annotation):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            for word in re.findall(r"[A-Za-z_][\w.]*", node.value):
                first, dot, rest = word.partition(".")
                yield node, module.imports.get(first, first) + dot + rest
        elif isinstance(node, ast.Attribute | ast.Name) and (name := module.full_name(node)):
            outer = module.parents.get(node)
            if not isinstance(outer, ast.Attribute):
                yield node, name


RULE = Rule(
    code="IR006",
    name="vendor_type_in_port",
    why="Whoever calls the port or keeps it must install and know that library, so it can no longer be exchanged.",
    fix="Give and take types of your own, and translate in the adapter.",
    unseen="Types without an import, such as Any; an alias made in another file; libraries that it does not know.",
    find=find,
    words=("Protocol", "ABC"),
)
