"""Vetting: every posting gets a decision, made by the rules in force on its date, with the words that caused it.

Rules are data (``validation/rules/*.yml``, tables they read in ``validation/tables``); this package reads, cleans,
matches and judges. Nothing here removes a row. Imports only ``lmi.core``, ``ingest`` and ``validation``.
"""
