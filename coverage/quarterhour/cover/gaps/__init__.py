"""Gaps: where uncovered people live close together, why, and what a walk from there is like."""
