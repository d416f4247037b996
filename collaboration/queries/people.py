"""Whom to tell: the people of a body who may do something for it."""

from partnerships.queries.people import colleagues_of, everyone_who, people_who

__all__ = ["colleagues_of", "everyone_who", "people_who"]
