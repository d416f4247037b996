"""Who may see a profile: the subject, the ICBs of its systems, and their region."""

from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Q

from ics_governance import permissions
from ics_governance.permissions import Actor
from partnerships.access import RULES
from partnerships.models import OrganisationRelation

from .models import Profile


@permissions.register
class P(StrEnum):
    """Permissions of this app."""

    PROFILE_VIEW = "profile.view"
    PROFILE_SCORE = "profile.score"


permissions.name_capacities(["subject"])


@dataclass(frozen=True)
class SubjectRecord:
    """A record about a body, seen by that body and by those that oversee it on the day."""

    view: str = P.PROFILE_VIEW
    subject: str = "subject_id"

    def query(self, actor: Actor, permission: str) -> Q | None:
        """Subjects are the actor's own bodies, those of its systems, and those of its regions' systems."""
        own = actor.organisations(permission, "subject")
        over = actor.organisations(permission, "overseer") | actor.organisations(permission, "host")
        related = OrganisationRelation.objects.on(actor.on)
        systems = related.filter(target_body__in=over).values("source_body")
        below = related.filter(target_body__in=systems).values("source_body")
        field = self.subject.removesuffix("_id")
        return Q(**{f"{field}__in": own | over}) | Q(**{f"{field}__in": systems}) | Q(**{f"{field}__in": below})


RULES[Profile] = SubjectRecord()
