"""The indicators: what of the register counts for a body, by one set-based query each (see `registry`)."""

from . import accountability, asked, decisions, delivery, relationships  # noqa: F401  (each registers its own)
from .registry import REGISTRY, Count, Indicator, Row, Window, count, count_by_period, register, rows

__all__ = ["REGISTRY", "Count", "Indicator", "Row", "Window", "count", "count_by_period", "register", "rows"]
