"""Notifications: rows written inside the transaction of the change; one matter is one row, however often told."""

from collections.abc import Iterable

from django.utils import timezone

from .models import Notification


def notify(user_ids: Iterable[int], *, kind: str, text: str, url: str, key: str) -> None:
    """Tell people that something waits for them. `key` names the matter: the same key is told once."""
    Notification.objects.bulk_create(
        [Notification(user_id=pk, kind=kind, text=text[:300], url=url, key=key) for pk in sorted(set(user_ids))],
        ignore_conflicts=True,
    )


def waiting(user_id: int, limit: int = 20) -> list[Notification]:
    """A person's unread notifications, newest first."""
    return list(Notification.objects.filter(user_id=user_id, read_at=None).order_by("-id")[:limit])


def mark_read(user_id: int, key: str) -> None:
    """The matter has been seen to."""
    Notification.objects.filter(user_id=user_id, key=key, read_at=None).update(read_at=timezone.now())


def mark_matter_read(user_id: int | None, prefix: str) -> None:
    """Everything told of one record has been seen to: its keys begin alike, such as `request:12:`."""
    if user_id is None:
        return
    Notification.objects.filter(user_id=user_id, key__startswith=prefix, read_at=None).update(read_at=timezone.now())
