"""Lists of which nothing was asked begin with the reader's own system; everything else stays one link away."""

import pytest
from django.utils import timezone

from partnerships.models import OrganisationRelation
from partnerships.queries.own_system import own_system

PAGES = ["/arrangements/", "/forums/", "/delegations/", "/places/", "/checks/", "/expiring/", "/authority/",
         "/authority/route/"]  # fmt: skip
LISTS = [address for address in PAGES if "authority" not in address]


@pytest.mark.parametrize("address", PAGES)
def test_nothing_asked_leads_to_ones_own_system_and_the_address_says_so(world, sign_in, address):
    for who in ("officer", "secretary", "partner", "auditor"):
        assert sign_in(who).get(address).url == f"{address}?system=QWO"
    assert sign_in("other_officer").get(address).url == f"{address}?system=QOP"
    assert sign_in("stranger").get(address).status_code == 200


@pytest.mark.parametrize("address", LISTS)
def test_what_is_asked_stays_as_it_is(world, sign_in, address):
    officer = sign_in("officer")
    for query in ("?system=QOP", "?system=", "?sort=name", "?format=csv"):
        assert officer.get(address + query).status_code == 200


@pytest.mark.parametrize("address", LISTS)
def test_all_of_england_is_one_link_away(world, sign_in, address):
    officer = sign_in("officer")
    page = officer.get(address, follow=True).content.decode()
    assert "Shown for NHS West Yorkshire Integrated Care Board." in page
    assert f'<a href="{address}?system=">All of England</a>' in page
    assert "Shown for" not in officer.get(f"{address}?system=").content.decode()


def test_other_filters_stay_when_all_of_england_is_shown(world, sign_in):
    page = sign_in("officer").get("/forums/?system=QWO&level=place").content.decode()
    assert '<a href="?level=place">All of England</a>' in page


def test_whoever_has_several_systems_or_none_has_no_own_one(world):
    assert own_system(world.actor("stranger")) is None
    assert own_system(world.actor("region_lead")) == world.icb  # the only ICB of that region here
    OrganisationRelation.objects.create(
        kind="region", source_body=world.body("QOP"), target_body=world.body("Y63"), starts=timezone.localdate()
    )
    assert own_system(world.actor("region_lead")) is None
