"""What the pages of this app share: finding a record, doing an action, and saying why it was refused."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import wraps
from typing import Any, TypeVar

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from ics_governance.exports import Column, TooManyRows, asked_format, export
from ics_governance.workflow import GuardFailed
from partnerships.queries.own_system import own_system

T = TypeVar("T")


def attempt(request: HttpRequest, act: Callable[[], Any], done: str, form: Any = None) -> bool:
    """Do an action. When its guards refuse, say every reason: at the form's fields where it has them.

    A form may name in `stand_for` the field of its own at which a reason about something wider is said.
    """
    try:
        act()
    except GuardFailed as refused:
        for reason in refused.reasons:
            if form is not None:
                field = getattr(form, "stand_for", {}).get(reason.field, reason.field)
                form.add_error(field if field in form.fields else None, reason.text)
            else:
                messages.error(request, f"Not done. To be settled first: {reason.text}")
        return False
    messages.success(request, done)
    return True


def one_of(events: Mapping[str, T], event: str) -> T:
    """The entry of an event in the address; 404 for one that does not exist."""
    if event not in events:
        raise Http404
    return events[event]


def exported(
    request: HttpRequest, name: str, columns: Sequence[Column[Any]], rows: Iterable[Any]
) -> HttpResponse | None:
    """The list as a file when the address asks for one; None for the page, also when the list is too long."""
    kind = asked_format(request)
    if kind is None:
        return None
    try:
        return export(kind, name, columns, rows)
    except TooManyRows as refused:
        messages.warning(request, str(refused))
        return None


def opens_on_own_system(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A page of which nothing was asked opens on the reader's own system, where they have one and only one.

    The address then says so: whoever gets it sees the same, and sorting and files keep it. `?system=` asks for all of
    England.
    """

    @wraps(view)
    def opened(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        system = None if request.GET else own_system(request.actor)
        return redirect(f"{request.path}?system={system.code}") if system else view(request, *args, **kwargs)

    return opened
