# bad: psycopg
from typing import Protocol
from psycopg import AsyncConnection

class OrderRepository(Protocol):
    async def all(self, conn: AsyncConnection) -> list[Order]: ...  # <-

# bad: asyncpg
from typing import Protocol
import asyncpg

class UnitOfWork(Protocol):
    async def begin(self) -> asyncpg.transaction.Transaction: ...  # <-

# bad: Django
from abc import ABC, abstractmethod
from django.http import HttpRequest

class AuditService(ABC):
    @abstractmethod
    def record(self, request: HttpRequest) -> None: ...  # <-

# bad: aiohttp
from typing import Protocol
from aiohttp import ClientResponse

class RatesGateway(Protocol):
    async def rates(self) -> ClientResponse: ...  # <-

# bad: boto3, typed by its stubs
from typing import Protocol
from mypy_boto3_s3 import S3Client

class FileStorage(Protocol):
    def save(self, client: S3Client, path: str, data: bytes) -> None: ...  # <-

# bad: requests
from abc import ABC, abstractmethod
from requests import Session

class PaymentGateway(ABC):
    @abstractmethod
    def pay(self, session: Session, order: Order) -> None: ...  # <-

# bad: an exception in the promise
from typing import Protocol
from redis.exceptions import RedisError

class BasketStore(Protocol):
    async def load(self, user_id: str) -> Basket | RedisError: ...  # <-
