"""The sample shop as a small web service, on whatever infrastructure the settings choose.

Reading order: `service` (its routes), `answers` (Results as statuses), `measuring`.
"""
