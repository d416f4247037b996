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
ORGANISATIONS = ("organisations", "Governance", "organisation-list")  # with all registers beside it
CASES = ("cases", "Cases", "case-list")
SIGNALS = ("signals", "Signals", "signal-list")
ASSESSMENTS = ("assessments", "Self-assessments", "assessment-list")
TOGETHER = ("together", "Between partners", "together")
PROFILES = ("profiles", "Profiles", "region")
RESTRUCTURES = ("restructures", "Restructures", "restructure-list")
OWN_PROFILE = ("profiles", "Profile", "own-profile")
HOME = ("home", "Home", "home")
REGISTER = ("register", "Public register", "register")
SYSTEMS = ("systems", "Who decides what", "system-list")
ASK = ("ask", "Can we decide this?", "authority-ask")

# What each kind of home leads to, in the order in which its people need it. Two roles: both, each entry once.
MENUS: dict[str, tuple[Entry, ...]] = {
    "region": (CASES, SIGNALS, PROFILES, ASSESSMENTS, TOGETHER, DECISIONS, MEETINGS, ORGANISATIONS),
    "icb": (MEETINGS, DECISIONS, ACTIONS, CASES, SIGNALS, PROFILES, ASSESSMENTS, TOGETHER, ORGANISATIONS),
    "trust": (ACTIONS, DECISIONS, MEETINGS, ASSESSMENTS, OWN_PROFILE, TOGETHER, CASES, ORGANISATIONS),
    "partner": (ACTIONS, DECISIONS, MEETINGS, TOGETHER, CASES, ORGANISATIONS),
    "audit": (MEETINGS, DECISIONS, ACTIONS, CASES, SIGNALS, PROFILES, ASSESSMENTS, TOGETHER, ORGANISATIONS),
    "administration": (ORGANISATIONS, RESTRUCTURES, DECISIONS, MEETINGS, ACTIONS),
}
# Pages to which "Between partners" leads, by the beginning of their address: its entry is then the current one.
BETWEEN = {"/feedback/": "feedback", "/requests/": "requests", "/risks/": "risks"}
WITHOUT_ROLE: tuple[Entry, ...] = (MEETINGS, DECISIONS, ACTIONS, ORGANISATIONS)


def navigation(request: HttpRequest) -> list[Entry]:
    """Menu entries (key, label, address); without a sign-in only the public ones. A page not built yet is left out."""
    actor = getattr(request, "actor", None)
    if actor is None or actor.user_id is None:
        return _existing([HOME, SYSTEMS, ASK, REGISTER])
    entries = [HOME, *_working(actor), REGISTER]
    inside = next((key for beginning, key in BETWEEN.items() if request.path.startswith(beginning)), "")
    return _existing((inside, *entry[1:]) if inside and entry is TOGETHER else entry for entry in entries)


def _working(actor: Actor) -> list[Entry]:
    """The entries of the person's roles, each once: whoever oversees bodies goes to all of them."""
    held = {roles()[code].home for code in actor.role_codes if code in roles()}
    found: dict[str, Entry] = {}
    for kind, entries in MENUS.items():
        for entry in entries if kind in held else ():
            found.setdefault(entry[0], entry)
    return [entry for entry in found.values() or WITHOUT_ROLE if _leads_on(actor, entry)]


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
