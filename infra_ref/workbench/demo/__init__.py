"""The sample shop as a small web service, on whatever infrastructure the settings choose.

Reading order: `service` (routes, opening and closing), `answers` (Results as statuses), `measuring`.
"""
