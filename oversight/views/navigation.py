"""The menu: what this person can go to."""

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from collaboration.access import P
from ics_governance.permissions import Actor, roles

Entry = tuple[str, str, str]

# key, label, route, for those who are signed in
WORKING = [
    ("meetings", "Meetings", "meeting-list"),
    ("decisions", "Decisions", "decision-list"),
    ("actions", "Actions", "action-list"),
    ("organisations", "Organisations", "organisation-list"),
]
REGISTER = ("register", "Public register", "register")


def navigation(request: HttpRequest) -> list[Entry]:
    """Menu entries (key, label, address); without a sign-in only the public ones. A page not built yet is left out."""
    home = ("home", "Home", "home")
    actor = getattr(request, "actor", None)
    if actor is None or actor.user_id is None:
        return _existing([home, REGISTER])
    return _existing([home, *WORKING, *_profiles(actor), REGISTER])


def _profiles(actor: Actor) -> list[Entry]:
    """Those who oversee bodies go to all of them, those of a trust to their own."""
    if actor.organisations(P.PROFILE_VIEW, "overseer"):
        return [("profiles", "Profiles", "region")]
    of_trusts = any(roles()[code].home == "trust" for code in actor.role_codes)
    return [("profiles", "Profile", "own-profile")] if of_trusts else []


def _existing(entries: list[Entry]) -> list[Entry]:
    found = []
    for key, label, route in entries:
        try:
            found.append((key, label, reverse(route)))
        except NoReverseMatch:
            continue
    return found
