"""Sweep: how much coverage depends on what was assumed."""
