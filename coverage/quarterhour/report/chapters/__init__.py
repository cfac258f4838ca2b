"""Chapters of the report, one question each."""
