"""Notification: mail and SMS with a result for each recipient, and one notice by many channels.

Reading path: `port`, `errors`, `messages/composing`, `memory_email_service`, `smtp_email_service`.
"""
