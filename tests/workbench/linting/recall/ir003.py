# bad: requests with tenacity
import requests
from tenacity import retry, stop_after_attempt, wait_exponential

@retry(stop=stop_after_attempt(3), wait=wait_exponential())
def book(trip):
    response = requests.post("https://hotel.test/bookings", json=trip, timeout=5)  # <-
    response.raise_for_status()

# bad: aiohttp in a loop
import aiohttp, asyncio

async def book(session: aiohttp.ClientSession, trip):
    for attempt in range(5):
        try:
            async with session.post("https://hotel.test/bookings", json=trip) as response:  # <-
                return await response.json()
        except aiohttp.ClientError:
            await asyncio.sleep(2**attempt)

# bad: boto3
from botocore.exceptions import ClientError
from tenacity import retry

@retry
def remind(ses, address):
    ses.send_email(Source="shop@shop.test", Destination={"ToAddresses": [address]}, Message={})  # <-

# bad: SQS
import boto3
from tenacity import retry

sqs = boto3.client("sqs")

@retry
def place(order):
    sqs.send_message(QueueUrl="orders", MessageBody=order.id)  # <-

# bad: urllib3's own retries
import requests
from urllib3.util import Retry
from requests.adapters import HTTPAdapter

def make_session():
    session = requests.Session()
    session.mount("https://", HTTPAdapter(max_retries=Retry(total=5, allowed_methods=None)))  # <-
    return session

# bad: Celery retries the task
from celery import shared_task
import requests

@shared_task(autoretry_for=(Exception,), max_retries=5)
def charge(order_id, amount):
    requests.post("https://bank.test/charges", json={"amount": amount}, timeout=5)  # <-

# bad: smtplib
import smtplib, time

def remind(message):
    tries = 0
    while tries < 3:
        try:
            with smtplib.SMTP("mail.test") as smtp:
                smtp.send_message(message)  # <-
                return
        except smtplib.SMTPException:
            tries += 1
            time.sleep(1)
