# bad: the text's own: a framework's request
from typing import Protocol
from starlette.requests import Request

class EmailService(Protocol):
    async def send_email(self, message: Request) -> None: ...  # <-

# bad: a session
from typing import Protocol
from sqlalchemy.ext.asyncio import AsyncSession

class OrderRepository(Protocol):
    async def get_by_id(self, session: AsyncSession, key: str) -> Order: ...  # <-

# bad: a response comes back
from typing import Protocol
import httpx

class PaymentGateway(Protocol):
    async def charge(self, order: Order) -> httpx.Response: ...  # <-

# bad: an abstract class
from abc import ABC, abstractmethod
from redis.asyncio import Redis

class BasketStore(ABC):
    @abstractmethod
    async def load(self, client: Redis, user_id: str) -> Basket: ...  # <-

# bad: for the type checker alone, as a text
from typing import TYPE_CHECKING, Protocol
if TYPE_CHECKING:
    import stripe

class PaymentService(Protocol):
    async def pay(self, intent: "stripe.PaymentIntent") -> None: ...  # <-

# bad: inside another type
from typing import Protocol
from asyncpg import Record

class IOrderRepository(Protocol):
    async def all(self) -> list[Record]: ...  # <-

# bad: a file that is a port, whatever the class is called
# role: port
from typing import Protocol
from fastapi import UploadFile

class Pictures(Protocol):
    async def save(self, file: UploadFile) -> str: ...  # <-

# bad: a query of the ORM
from typing import Protocol
from django.db.models import QuerySet

class UserRepository(Protocol):
    def active(self) -> QuerySet: ...  # <-

# bad: a keyword argument
from typing import Protocol
from botocore.client import BaseClient

class FileStorage(Protocol):
    async def save(self, path: str, data: bytes, *, client: BaseClient | None = None) -> None: ...  # <-

# bad: a port that stands beside its adapters, and is told once
# role: adapter
from typing import Protocol
from sqlalchemy.ext.asyncio import AsyncSession

class JobRepositoryProtocol(Protocol):
    async def add(self, session: AsyncSession, job: Job) -> None: ...  # <-
    async def cancel(self, session: AsyncSession, key: str) -> None: ...

# good: a type of one's own
# mutant: message: Message => message: Request
from typing import Protocol
from starlette.requests import Request
from shop.mail import Message

class EmailService(Protocol):
    async def send_email(self, message: Message) -> None: ...

# good: the adapter may know it
# mutant: class SqlOrderRepository: => class SqlOrderRepository(Protocol):
from typing import Protocol
from sqlalchemy.ext.asyncio import AsyncSession

class SqlOrderRepository:
    async def get_by_id(self, session: AsyncSession, key: str) -> Order: ...

# good: the standard library is everywhere
# mutant: from datetime import datetime => from bson import datetime
from typing import Protocol
from datetime import datetime

class Clock(Protocol):
    def now(self) -> datetime: ...

class ClockService(Protocol):
    def now(self) -> datetime: ...

# good: bytes
# mutant: -> bytes => -> httpx.Response
from typing import Protocol
import httpx

class FileStorage(Protocol):
    async def read(self, path: str) -> bytes: ...

# good: a package of the same first letters
# mutant: from redis_model import => from redis import
from typing import Protocol
from redis_model import Basket

class BasketStore(Protocol):
    async def load(self, user_id: str) -> Basket: ...

# good: a private helper
# mutant: def _translate => def translate
from typing import Protocol
import httpx

class BillingGateway(Protocol):
    def _translate(self, response: httpx.Response) -> None: ...

# good: an abstract class that is no port: middleware of a framework
# mutant: class Middleware(ABC) => class MiddlewareService(ABC)
from abc import ABC, abstractmethod
from starlette.requests import Request

class Middleware(ABC):
    @abstractmethod
    async def dispatch(self, request: Request) -> None: ...

# good: no annotation at all
# mutant: client, => client: Redis,
from typing import Protocol
from redis import Redis

class BasketStore(Protocol):
    async def load(self, client, user_id): ...

# good: pydantic is a choice for one's own types
# mutant: from pydantic import BaseModel => from flask import BaseModel
from typing import Protocol
from pydantic import BaseModel

class OrderService(Protocol):
    async def place(self, order: BaseModel) -> None: ...

# good: a port that says in its name which product it is for is a part of that adapter
# mutant: MongoClientPort => DocumentPort
from typing import Protocol
from pymongo.asynchronous.collection import AsyncCollection

class MongoClientPort(Protocol):
    async def insert(self, collection: AsyncCollection, document: dict) -> None: ...

# good: what opens the sessions of an adapter
# mutant: SessionProvider => OrderProvider
from typing import Protocol
from sqlalchemy.ext.asyncio import AsyncSession

class SessionProvider(Protocol):
    def open(self) -> AsyncSession: ...

# good: the protocol of a helper in the same file
# mutant: _LoginProvider => LoginProvider
from typing import Protocol
from starlette.requests import Request

class _LoginProvider(Protocol):
    async def login(self, request: Request) -> str: ...

# good: a base class that does most itself
# mutant: def name(self): => def _name(self): // def run(self): => def _run(self):
from abc import ABC, abstractmethod
from sqlalchemy.orm import Session

class ImportService(ABC):
    def name(self):
        return "import"

    def run(self):
        return self.start(self.session)

    @abstractmethod
    def start(self, session: Session) -> None: ...
