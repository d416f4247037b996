"""Reads that cross several models."""
