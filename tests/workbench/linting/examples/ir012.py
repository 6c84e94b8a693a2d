# bad: getenv
import os

class PaymentGateway:
    async def charge(self, order):
        key = os.getenv("BANK_KEY")  # <-
        await self.http.post("/charges", order, headers={"Authorization": key})

# bad: environ
import os

class OrderRepository:
    def __init__(self):
        self.url = os.environ["DATABASE_URL"]  # <-

# bad: get of environ
from os import environ

class MailSender:
    def host(self):
        return environ.get("SMTP_HOST", "localhost")  # <-

# bad: by another name
import os as system

class FileStorage:
    def __init__(self, root=None):
        self.root = root or system.environ.get("ROOT")  # <-

# bad: imported by itself
from os import getenv

class BasketStore:
    async def load(self, user_id):
        return await self.redis.get(getenv("PREFIX") + user_id)  # <-

# bad: a file of the layer, whatever the class is called
# role: adapter
import os

class Bank:
    def charge(self, order):
        return os.environ["BANK_KEY"]  # <-

# bad: decouple
from decouple import config

class PaymentClient:
    def key(self):
        return config("BANK_KEY")  # <-

# bad: as a condition
import os

class OrderRepository:
    async def create(self, order):
        if os.getenv("DRY_RUN"):  # <-
            return
        self.session.add(order)

# good: passed in
# mutant: self.key = key => self.key = os.getenv("KEY")
import os

class PaymentGateway:
    def __init__(self, key):
        self.key = key

# good: the settings may
# mutant: class Settings: => class SettingsStore: // class SettingsStore => class Repository
import os

class Settings:
    def url(self):
        return os.environ["DATABASE_URL"]

# good: the composition root may
# role: composition
# mutant: # role: composition => # role: adapter
import os

class PaymentGateway:
    def make(self):
        return os.environ["BANK_KEY"]

# good: made from the environment, by name
# mutant: def from_environment => def charge
import os

class PaymentGateway:
    def from_environment(self):
        return os.environ["BANK_KEY"]

# good: given to a child
# mutant: os.environ[name] = value => value = os.environ[name]
import os

class ProcessGateway:
    def put(self, name, value):
        os.environ[name] = value

# good: a class that is there to read it
# mutant: EnvironmentCredentialsProvider => CredentialsProvider
import os

class EnvironmentCredentialsProvider:
    def load(self):
        return os.environ["TOKEN"]

# good: not an adapter
# mutant: class Command: => class CommandGateway:
import os

class Command:
    def run(self):
        return os.getenv("HOME")

# good: settings that were passed in
# mutant: self.settings.get("BANK_KEY") => os.environ.get("BANK_KEY")
import os

class PaymentGateway:
    def key(self):
        return self.settings.get("BANK_KEY")

# good: a port
# mutant: (Protocol) =>
import os
from typing import Protocol

class PaymentGateway(Protocol):
    def key(self):
        return os.getenv("BANK_KEY")
