"""Statements that are put together once for each set of roles, and asked again with each person's own bodies.

What waits for somebody is asked under the rules of every part of the house: putting such a statement together takes
longer than PostgreSQL takes to answer it. Yet two people with the same roles ask the same, but for their own id and
the ids of their bodies. So a statement is put together for a stand-in with made-up ids, in whose place each person's
own are put. An id left in place would be of no body at all, and show nothing.
"""

from collections.abc import Callable, Iterable
from datetime import date
from functools import lru_cache
from typing import Any, Generic, NamedTuple, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection
from django.db.models import QuerySet
from django.db.models.query import ModelIterable, get_related_populators

from ics_governance.permissions import Actor, Holding

R = TypeVar("R")
Roles = tuple[tuple[str, ...], ...]

KEPT = 256  # statements of each kind, for so many sets of roles and days
PERSON = -2_000_000_000  # the stand-in's id; its bodies have the ids that follow


class Shape(NamedTuple):
    """What a statement depends on besides ids: the roles held in each body, the day, and whether somebody asks."""

    roles: Roles
    on: date
    known: bool
    system: bool


class Statement(NamedTuple):
    """A statement with the values of the stand-in, and how a row of it becomes what is wanted."""

    sql: str
    values: tuple[Any, ...]
    read: Callable[[Any], Any]


class Known(Generic[R]):
    """The rows of a queryset that depends on nothing but the actor: one query, none where nothing can be found.

    `build` may use the actor's id, bodies, roles and day, and nothing else that changes: neither the time of the day
    nor the database. It answers None where there is nothing to ask.
    """

    def __init__(self, build: Callable[[Actor], QuerySet[Any, R] | None]) -> None:
        self.build = build
        self._statement = lru_cache(KEPT)(self._put_together)

    def rows(self, actor: Actor) -> list[R]:
        """What the queryset holds for this person."""
        shape, ids = shape_of(actor)
        statement = self._statement(shape)
        if statement is None:
            return []
        with connection.cursor() as cursor:
            cursor.execute(statement.sql, [own(value, ids) for value in statement.values])
            return [statement.read(row) for row in cursor.fetchall()]

    def _put_together(self, shape: Shape) -> Statement | None:
        queryset = self.build(stand_in(shape))
        if queryset is None:
            return None
        compiler = queryset.query.get_compiler(DEFAULT_DB_ALIAS)
        try:
            sql, values = compiler.as_sql()
        except EmptyResultSet:
            return None
        return Statement(sql, tuple(values), _reader(queryset, compiler))


def shape_of(actor: Actor) -> tuple[Shape, dict[int, int]]:
    """The shape of what somebody asks, and whose ids belong in place of the stand-in's."""
    held: dict[int, set[str]] = {}
    for each in actor.holdings:
        held.setdefault(each.organisation_id, set()).add(each.role)
    bodies = sorted((tuple(sorted(roles)), pk) for pk, roles in held.items())
    ids = {PERSON + place: pk for place, (_, pk) in enumerate(bodies, 1)}
    if actor.user_id is not None:
        ids[PERSON] = actor.user_id
    return Shape(tuple(roles for roles, _ in bodies), actor.on, actor.user_id is not None, actor.system), ids


def stand_in(shape: Shape) -> Actor:
    """Somebody with the same roles in bodies that do not exist."""
    held = (Holding(PERSON + place, role) for place, roles in enumerate(shape.roles, 1) for role in roles)
    return Actor(PERSON if shape.known else None, "", tuple(held), shape.on, shape.system)


def own(value: Any, ids: dict[int, int]) -> Any:
    """A value of the stand-in's statement as it is for the person who asks."""
    if isinstance(value, (list, tuple)):
        return [own(each, ids) for each in value]
    return ids.get(value, value) if isinstance(value, int) else value


def _reader(queryset: QuerySet[Any, Any], compiler: Any) -> Callable[[Any], Any]:
    """How a row becomes what the queryset gives: a tuple of values, or a record with those it is joined to."""
    converters = compiler.get_converters([each[0] for each in compiler.select])

    def converted(row: Any) -> Any:
        return next(iter(compiler.apply_converters([row], converters))) if converters else row

    if not issubclass(queryset._iterable_class, ModelIterable):
        return lambda row: tuple(converted(row))
    info, more = compiler.klass_info, compiler.annotation_col_map or {}
    first, last = info["select_fields"][0], info["select_fields"][-1] + 1
    names = [each[0].target.attname for each in compiler.select[first:last]]
    # the types are those of a later Django
    joined: Iterable[Any] = get_related_populators(info, compiler.select, DEFAULT_DB_ALIAS)  # type: ignore[call-arg]

    def record(row: Any) -> Any:
        values = converted(row)
        found = info["model"].from_db(DEFAULT_DB_ALIAS, names, values[first:last])
        for each in joined:
            each.populate(values, found)
        for name, place in more.items():
            setattr(found, name, values[place])
        return found

    return record
