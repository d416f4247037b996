"""Writes of cases and signals."""
