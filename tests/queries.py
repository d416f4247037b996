"""How many times a page asked the database. The savepoints around a request are no questions, and are not counted."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.test.utils import CaptureQueriesContext

FRAME = ("SAVEPOINT", "RELEASE SAVEPOINT")


@contextmanager
def counted() -> Iterator[list[str]]:
    """Fills a list with the statements that were sent inside the block."""
    found: list[str] = []
    with CaptureQueriesContext(connection) as captured:
        yield found
    found += [row["sql"] for row in captured.captured_queries if not row["sql"].startswith(FRAME)]
