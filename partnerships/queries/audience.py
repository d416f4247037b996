"""Which bodies a forum's records are for."""

from datetime import date

from partnerships.models import Audience, Forum, Membership, OrganisationRelation


def bodies_of_forum(forum: Forum, on: date) -> list[tuple[int, str]]:
    """(organisation, capacity) pairs: the host keeps the records, members read them, the host's region oversees."""
    host = forum.host_id
    members = Membership.objects.on(on).filter(forum=forum).exclude(organisation=host)
    regions = OrganisationRelation.objects.on(on).filter(source_body=host, kind=OrganisationRelation.Kind.REGION)
    return [
        (host, Audience.Capacity.HOST),
        *((pk, Audience.Capacity.MEMBER) for pk in sorted(set(members.values_list("organisation_id", flat=True)))),
        *((pk, Audience.Capacity.OVERSEER) for pk in sorted(set(regions.values_list("target_body_id", flat=True)))),
    ]
