"""Scorecard: indicators held against targets, each with its figures, source and status."""
