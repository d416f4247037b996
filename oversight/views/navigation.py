"""The menu: what this person can go to."""

from collections.abc import Iterable

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from collaboration.access import P
from ics_governance.permissions import Actor, roles
from oversight.access import P as Oversight

Entry = tuple[str, str, str]

# key, label, route
MEETINGS = ("meetings", "Meetings", "meeting-list")
DECISIONS = ("decisions", "Decisions", "decision-list")
ACTIONS = ("actions", "Actions", "action-list")
ORGANISATIONS = ("organisations", "Organisations", "organisation-list")
CASES = ("cases", "Cases", "case-list")
SIGNALS = ("signals", "Signals", "signal-list")
ASSESSMENTS = ("assessments", "Self-assessments", "assessment-list")
FEEDBACK = ("feedback", "Feedback", "feedback-list")
REQUESTS = ("requests", "Requests", "request-list")
RISKS = ("risks", "Risks", "risk-list")
PROFILES = ("profiles", "Profiles", "region")
OWN_PROFILE = ("profiles", "Profile", "own-profile")
HOME = ("home", "Home", "home")
REGISTER = ("register", "Public register", "register")

# What each kind of home leads to, in the order in which its people need it. Two roles: both, each entry once.
MENUS: dict[str, tuple[Entry, ...]] = {
    "region": (CASES, SIGNALS, PROFILES, ASSESSMENTS, DECISIONS, MEETINGS, ORGANISATIONS),
    "icb": (MEETINGS, DECISIONS, ACTIONS, CASES, SIGNALS, ASSESSMENTS, FEEDBACK, REQUESTS, RISKS, PROFILES,
            ORGANISATIONS),
    "trust": (ACTIONS, DECISIONS, MEETINGS, ASSESSMENTS, OWN_PROFILE, FEEDBACK, REQUESTS, RISKS, CASES, ORGANISATIONS),
    "partner": (ACTIONS, DECISIONS, MEETINGS, FEEDBACK, REQUESTS, RISKS, CASES, ORGANISATIONS),
    "audit": (MEETINGS, DECISIONS, ACTIONS, CASES, SIGNALS, ASSESSMENTS, REQUESTS, RISKS, PROFILES, ORGANISATIONS),
    "administration": (ORGANISATIONS, DECISIONS, MEETINGS, ACTIONS),
}  # fmt: skip
WITHOUT_ROLE: tuple[Entry, ...] = (MEETINGS, DECISIONS, ACTIONS, ORGANISATIONS)


def navigation(request: HttpRequest) -> list[Entry]:
    """Menu entries (key, label, address); without a sign-in only the public ones. A page not built yet is left out."""
    actor = getattr(request, "actor", None)
    if actor is None or actor.user_id is None:
        return _existing([HOME, REGISTER])
    return _existing([HOME, *_working(actor), REGISTER])


def _working(actor: Actor) -> list[Entry]:
    """The entries of the person's roles, each once: by key, so that somebody who oversees bodies goes to all of them."""
    held = {roles()[code].home for code in actor.role_codes if code in roles()}
    found: dict[str, Entry] = {}
    for kind, entries in MENUS.items():
        for entry in entries if kind in held else ():
            found.setdefault(entry[0], entry)
    return [entry for entry in (found or {row[0]: row for row in WITHOUT_ROLE}).values() if _leads_on(actor, entry)]


def _leads_on(actor: Actor, entry: Entry) -> bool:
    """Whether the page would let this person in."""
    if entry is PROFILES:
        return bool(actor.organisations(P.PROFILE_VIEW, "overseer"))
    return entry is not SIGNALS or bool(actor.organisations(Oversight.SIGNAL_VIEW))


def _existing(entries: Iterable[Entry]) -> list[Entry]:
    found = []
    for key, label, route in entries:
        try:
            found.append((key, label, reverse(route)))
        except NoReverseMatch:
            continue
    return found
