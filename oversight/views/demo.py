"""The switcher between the people of the demonstration. Outside the demonstration it does not exist."""

from functools import cache
from typing import Any

from django.conf import settings
from django.contrib.auth import login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from ics_governance.middleware import public
from ics_governance.models import User
from ics_governance.permissions import roles
from oversight.demo.rows import read
from partnerships.models import RoleMembership

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@cache
def _people() -> tuple[tuple[str, str], ...]:
    """(e-mail address, what the list calls the person) of everyone who can be switched to."""
    return tuple((row["email"], f"{row['name']}, {_role(row)}") for row in read("people")["demo_people"])


def _role(row: dict[str, Any]) -> str:
    title = roles()[row["role"]].title
    return title if title[:2].isupper() else title[:1].lower() + title[1:]


def demo_people(request: HttpRequest) -> list[dict[str, Any]]:
    """What the switcher in the header offers; asks the database nothing."""
    here = getattr(request.user, "email", "")
    people = [{"value": email, "label": label, "current": email == here} for email, label in _people()]
    if not here:
        return [{"value": "", "label": "Choose a person", "current": True}, *people]
    return people


def sign_ins() -> list[dict[str, Any]]:
    """What the sign-in page offers: each role with what it can do, and its people with their body; two queries."""
    known = [email for email, _ in _people()]
    rows = RoleMembership.objects.on(timezone.localdate()).filter(user__email__in=known, user__is_active=True)
    held = {row.user.email: row for row in rows.select_related("user", "organisation")}
    found: dict[str, dict[str, Any]] = {}
    for email in filter(held.get, known):
        row, role = held[email], roles()[held[email].role]
        entry = found.setdefault(role.code, {"title": role.title, "purpose": role.purpose, "people": []})
        entry["people"].append({"value": email, "name": row.user.name, "body": row.organisation.label})
    return list(found.values())


@public
@require_POST
def switch_person(request: HttpRequest) -> HttpResponse:
    """`/demo/switch/`: be another person of the demonstration, and see what waits for that person.

    It leads home, not back: the page one comes from may be one that the other person cannot see.
    """
    if not settings.DEMO:
        raise Http404
    known = {email for email, _ in _people()}
    user = User.objects.filter(email=request.POST.get("person", ""), is_active=True).first()
    if user is None or user.email not in known:
        raise Http404
    login(request, user, backend=BACKEND)
    return redirect("home")
