"""Lists in pages by key: a fixed list of sorts, a cursor that remembers the last row, a count that stops at 1,000.

A page costs the same wherever it lies, and no row is shown twice when others are added meanwhile. Each sort ends in a
unique column (the id), so that rows with equal values keep one order. An index should exist for each.

    SORTS = {"name": ("name", "id"), "held": ("held_on", "id")}            # "-held" is the same, newest first
    page = paged(meetings, request.GET, SORTS, default="-held")
"""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar

from django.core.exceptions import EmptyResultSet, FieldDoesNotExist, ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.constants import LOOKUP_SEP

from . import wording

SIZE = 50
CAP = 1_000

M = TypeVar("M", bound=models.Model)
Sorts = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Page(Generic[M]):
    """Some rows of a list. `count` is exact below `CAP`. `lost`: the cursor was not readable; this is the beginning."""

    rows: list[M]
    sort: str
    count: int
    next: str | None = None
    previous: str | None = None
    lost: bool = False

    @property
    def shown(self) -> int:
        """How many rows this page has."""
        return len(self.rows)

    @property
    def total(self) -> str:
        """The count in words: "812", "1,000+"."""
        return wording.capped(self.count, CAP)

    def counted(self, one: str, many: str | None = None) -> str:
        """The count with its noun: "1 trust", "1,000+ trusts"."""
        return f"{self.total}{wording.NBSP}{one if self.count == 1 else many or one + 's'}"


def paged(
    queryset: models.QuerySet[M], asked: Mapping[str, str], sorts: Sorts, default: str, size: int = SIZE
) -> Page[M]:
    """The page that a URL asks for by `sort`, `after` and `before`. An unknown sort is the default one."""
    sort = asked.get("sort", "")
    sort = sort if sort.removeprefix("-") in sorts else default
    columns = columns_of(sort, sorts)
    count = capped_count(queryset)
    backwards, text = "before" in asked, asked.get("before") or asked.get("after")
    values, lost = None, False
    if text:
        try:
            values = read_cursor(text, sort, columns, queryset)
        except ValueError:
            backwards, lost = False, True
    found, before, after = cut(queryset, columns, size, values, backwards=backwards)
    return Page(
        rows=found,
        sort=sort,
        count=count,
        next=cursor(found[-1], sort, columns) if after else None,
        previous=cursor(found[0], sort, columns) if before else None,
        lost=lost,
    )


def cut(
    queryset: models.QuerySet[M],
    columns: Sequence[str],
    size: int,
    values: Sequence[Any] | None = None,
    *,
    backwards: bool = False,
) -> tuple[list[M], bool, bool]:
    """Up to `size` rows beyond a cursor's (the first ones without it); and whether others lie before and after."""
    wanted = opposite(columns) if backwards else columns
    rows = queryset.order_by(*wanted)
    if values is not None:
        rows = rows.filter(beyond(queryset.model, wanted, values))
    found = list(rows[: size + 1])
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    came_from = values is not None and bool(found)
    return found, more if backwards else came_from, came_from if backwards else more


def capped_count(queryset: models.QuerySet[Any], cap: int = CAP) -> int:
    """How many rows, counting no further than `cap`."""
    return queryset.order_by().values("pk")[:cap].count()  # only the key: columns worked out by row are left out


def columns_of(sort: str, sorts: Sorts) -> tuple[str, ...]:
    """The columns of a sort key as `order_by` takes them; a leading minus turns all of them round."""
    columns = tuple(sorts[sort.removeprefix("-")])
    return opposite(columns) if sort.startswith("-") else columns


def opposite(columns: Sequence[str]) -> tuple[str, ...]:
    """The same order backwards."""
    return tuple(name[1:] if name.startswith("-") else f"-{name}" for name in columns)


# --- Cursors ------------------------------------------------------------------------------------------------------


def cursor(row: models.Model, sort: str, columns: Sequence[str]) -> str:
    """Where a row stands in a sort, as opaque text for a URL."""
    values = [_plain(_value(row, name.removeprefix("-"))) for name in columns]
    data = json.dumps([sort, *values], separators=(",", ":"), ensure_ascii=False).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def read_cursor(text: str, sort: str, columns: Sequence[str], queryset: models.QuerySet[Any]) -> list[Any]:
    """The values in a cursor of this sort. Raises ValueError for anything else."""
    try:
        data = json.loads(base64.urlsafe_b64decode(text.encode() + b"=" * (-len(text) % 4)))
    except (binascii.Error, UnicodeError, RecursionError) as error:
        raise ValueError("not a cursor") from error
    if not isinstance(data, list) or len(data) != len(columns) + 1 or data[0] != sort:
        raise ValueError("a cursor of another list")
    if not all(_storable(value) for value in data[1:]):
        raise ValueError("not values of a cursor")
    try:  # the values are converted for the database when the query is compiled
        queryset.filter(beyond(queryset.model, columns, data[1:])).query.sql_with_params()
    except EmptyResultSet:
        return data[1:]
    except (TypeError, ArithmeticError, ValidationError) as error:
        raise ValueError("values of other columns") from error
    return data[1:]


def _storable(value: Any) -> bool:
    """Whether PostgreSQL can be asked about the value: whole numbers, text without NUL and half characters, null."""
    if isinstance(value, str):
        return not any(char == "\0" or "\ud800" <= char <= "\udfff" for char in value)
    return value is None or (isinstance(value, int) and not isinstance(value, bool))


def _value(row: Any, name: str) -> Any:
    for part in name.split(LOOKUP_SEP):
        row = getattr(row, part)
    return row


def _plain(value: Any) -> str | int | None:
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


# --- The rows beyond a cursor -------------------------------------------------------------------------------------


def beyond(model: type[models.Model], columns: Sequence[str], values: Sequence[Any]) -> Q:
    """The condition for rows that come after these values; null counts as greatest, as PostgreSQL sorts it."""
    condition, equal = Q(pk__in=[]), Q()
    for name, value in zip(columns, values, strict=True):
        condition |= equal & _further(model, name, value)
        equal &= Q(**{name.removeprefix("-") + ("__isnull" if value is None else ""): True if value is None else value})
    return condition & _bound(model, columns[0], values[0])


def _further(model: type[models.Model], name: str, value: Any) -> Q:
    """Strictly further along one column."""
    plain = name.removeprefix("-")
    if name.startswith("-"):
        return Q(**{f"{plain}__isnull": False}) if value is None else Q(**{f"{plain}__lt": value})
    if value is None:
        return Q(pk__in=[])
    further = Q(**{f"{plain}__gt": value})
    return further | Q(**{f"{plain}__isnull": True}) if _nullable(model, plain) else further


def _bound(model: type[models.Model], name: str, value: Any) -> Q:
    """What the condition implies for the first column: it lets the database begin in the middle of an index."""
    plain = name.removeprefix("-")
    if value is None:
        return Q()
    if name.startswith("-"):
        return Q(**{f"{plain}__lte": value})
    return Q() if _nullable(model, plain) else Q(**{f"{plain}__gte": value})


def _nullable(model: type[models.Model], name: str) -> bool:
    """Whether a column may be null; what is not a plain column of the model is taken to."""
    try:
        return bool(model._meta.get_field(name).null)
    except FieldDoesNotExist:
        return True
