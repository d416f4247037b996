"""Writes: one function per verb, keyword-only, atomic, on behalf of an actor."""
