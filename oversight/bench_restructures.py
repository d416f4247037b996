"""How long it takes to preview and to carry out the merger of two bodies; nothing of it stays."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from ics_governance.context import acting_as
from ics_governance.models import User
from oversight.actions import restructures
from oversight.models import Restructure
from oversight.queries import restructures as queries
from partnerships.access import actor_for
from partnerships.models import Organisation


def measure(timed: Callable[..., Any]) -> Iterator[Any]:
    """Two neighbouring ICBs of the demonstration become one today: the preview, and all of it."""
    admin = actor_for(User.objects.get(email="admin@demo.test"))
    with transaction.atomic():
        with acting_as(admin):
            made = _draft(admin, ["QGH", "QWU"])
            yield timed("preview the merger of two ICBs", lambda: queries.preview(made, admin.on))
            yield timed(
                "carry out the merger of two ICBs",
                lambda: restructures.carry_out(by=admin, restructure=made, confirmed=True), rounds=1,
            )  # fmt: skip
        transaction.set_rollback(True)


def _draft(admin: Any, codes: list[str]) -> Restructure:
    bodies = [Organisation.objects.coded(code).get() for code in codes]
    return restructures.draft(
        by=admin, kind="merge", predecessors=bodies,
        successors=[{"name": "NHS Both Integrated Care Board", "code": "QBOTH", "kind": bodies[0].kind}],
        effective_on=timezone.localdate() - timedelta(days=1),
    )  # fmt: skip
