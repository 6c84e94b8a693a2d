# bad: psycopg
import os
import psycopg

class OrderRepository:
    def all(self):
        with psycopg.connect(os.environ["DATABASE_URL"]) as conn:  # <-
            return conn.execute("SELECT * FROM orders").fetchall()

# bad: Django's settings
from django.conf import settings

class PaymentGateway:
    def key(self):
        return settings.BANK_KEY  # <-

# bad: environs
from environs import Env

env = Env()

class PaymentGateway:
    def key(self):
        return env.str("BANK_KEY")  # <-

# bad: boto3
import os
import boto3

class FileStorage:
    def __init__(self):
        self.bucket = os.getenv("BUCKET", "pictures")  # <-
        self.s3 = boto3.client("s3")

# bad: in a default argument
import os

class MailSender:
    def __init__(self, host=os.environ.get("SMTP_HOST")):  # <-
        self.host = host

# bad: requests, in a helper of the module
import os
import requests

def _key():
    return os.environ["BANK_KEY"]

class PaymentGateway:
    def charge(self, order):
        requests.post("https://bank.test", json=order, headers={"Authorization": _key()}, timeout=5)  # <-

# bad: whether it is there
import os

class PaymentGateway:
    def charge(self, order):
        if "DRY_RUN" in os.environ:  # <-
            return None
        return self.http.post("/charges", order)
