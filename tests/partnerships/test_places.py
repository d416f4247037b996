"""Places: recording, correcting, ending and carrying one on; a place lies in one live integrated care board."""

from datetime import date

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from ics_governance.context import system
from ics_governance.permissions import SYSTEM
from ics_governance.workflow import GuardFailed
from partnerships import place_guards
from partnerships.actions import places as actions
from partnerships.models import Arrangement, Delegation, Kind, Organisation, OrganisationRelation, Place
from partnerships.place_guards import Area
from tests.partnerships.test_arrangement_keeping import on, post, refused
from tests.partnerships.test_forum_pages import text
from tests.queries import counted
from tests.world import KNOWN, LONG_AGO

FIRST = date(2026, 10, 1)


@pytest.fixture(autouse=True)
def today():
    with time_machine.travel(date(2026, 10, 20), tick=False):
        yield


@pytest.fixture
def officer(sign_in):
    return sign_in("officer")


def council(name: str, code: str, *boards: str) -> Organisation:
    """A council that belongs to the systems of these boards, of which the first leads."""
    body = Organisation.objects.create(kind=Kind.LOCAL_AUTHORITY, name=name, gss_code=code, opened=LONG_AGO)
    for number, board in enumerate(boards):
        target = Organisation.objects.get(ods_code=board)
        OrganisationRelation.objects.create(
            kind="system", source_body=body, target_body=target, lead=not number, starts=KNOWN
        )
    return body


def elsewhere(world, name: str, *councils: Organisation, **days) -> Place:
    """A place of Greater Manchester."""
    place = Place.objects.create(name=name, icb=world.body("QOP"), **({"starts": LONG_AGO} | days))
    place.councils.set(councils)
    return place


def typed(world, name: str, *councils: Organisation, starts: date = FIRST, **more) -> dict:
    """What is typed into the form of a new place."""
    return {
        "host": world.icb.pk,
        "name": name,
        "councils": [each.pk for each in councils],
        **on("starts", starts),
    } | more


# --- Recording one --------------------------------------------------------------------------------------------------


def test_an_officer_records_a_place_and_it_can_be_chosen(officer, world, one_ledger_entry):
    calderdale = council("Calderdale Council", "E08000033", "QWO")
    with one_ledger_entry("place.recorded") as entries:
        page = post(officer, "/places/new/", **typed(world, " Calder  dale ", calderdale))
    made = Place.objects.get(name="Calder dale")
    assert (made.icb, made.starts, list(made.councils.all())) == (world.icb, FIRST, [calderdale])
    assert entries[0].organisation == world.icb.pk and "Calder dale" in page and "Calderdale Council" in page
    assert "Calder dale" in text(officer.get("/arrangements/new/"))


def test_a_council_belongs_to_the_system_of_the_board(officer, world):
    salford = council("Salford Council", "E08000006", "QOP")
    assert salford.name not in text(officer.get("/places/new/"))
    with system("no form"), pytest.raises(GuardFailed) as refusal:
        actions.found_place(by=SYSTEM, icb=world.icb, name="Salford", starts=FIRST, councils=[salford])
    assert reasons_of(refusal) == [
        "Salford Council does not belong to the system of NHS West Yorkshire Integrated Care Board on "
        "1\u00a0October 2026. Choose another council, or ask an administrator to record the link"
    ]


def reasons_of(refusal) -> list[str]:
    return [reason.text for reason in refusal.value.reasons]


def test_links_are_looked_up_from_the_day_on_which_any_is_known(officer, world):
    calderdale = council("Calderdale Council", "E08000033", "QWO")
    post(officer, "/places/new/", **typed(world, "Calderdale", calderdale, starts=LONG_AGO))
    assert Place.objects.get(name="Calderdale").starts == LONG_AGO


def test_a_board_has_one_place_of_a_name_at_a_time(officer, world):
    says = refused(officer, "/places/new/", **typed(world, "leeds"))
    assert "has a place called Leeds already, without a last day" in says
    Place.objects.filter(name="Leeds").update(ends=date(2026, 9, 30))
    post(officer, "/places/new/", **typed(world, "leeds"))
    assert Place.objects.filter(name__iexact="leeds").count() == 2


def test_a_place_begins_in_a_board_that_exists(officer, world):
    Organisation.objects.filter(pk=world.icb.pk).update(closed=date(2026, 9, 30))
    assert "closed on 30 September 2026: record the place in the board that follows it" in refused(
        officer, "/places/new/", **typed(world, "Calderdale")
    )
    early = typed(world, "Calderdale", starts=date(2022, 6, 30))
    assert "opened on 1 July 2022: the place cannot begin before" in refused(officer, "/places/new/", **early)


def test_what_is_not_filled_in_is_said_and_what_was_typed_is_kept(officer, world):
    answer = officer.post(
        "/places/new/", {"host": world.icb.pk, "name": "Calderdale", **on("starts", FIRST)} | {"starts_month": 13}
    )
    assert answer.status_code == 422 and 'value="Calderdale"' in answer.content.decode()
    assert "Enter" in refused(officer, "/places/new/", name="", host=world.icb.pk)
    assert Place.objects.filter(name="Calderdale").count() == 0


@pytest.mark.parametrize("who", ["secretary", "partner", "executive", "auditor", "stranger", "region_lead"])
def test_only_the_officers_of_a_board_record_its_places(sign_in, world, who):
    assert sign_in(who).get("/places/new/").status_code == 403
    assert sign_in(who).post("/places/new/", typed(world, "Calderdale")).status_code == 403


def test_nobody_records_a_place_for_another_board(sign_in, world):
    says = refused(sign_in("other_officer"), "/places/new/", **typed(world, "Calderdale"))
    assert "Select" in says or "not" in says
    assert Place.objects.filter(name="Calderdale").count() == 0


# --- A place lies in one live board ---------------------------------------------------------------------------------


def test_a_place_of_the_same_name_in_another_board_stands_against_it(officer, world):
    elsewhere(world, "Calderdale")
    says = refused(officer, "/places/new/", **typed(world, "calderdale"))
    assert "Calderdale is a place of NHS Greater Manchester Integrated Care Board now" in says
    Place.objects.filter(name="Calderdale").update(ends=date(2026, 9, 30))
    post(officer, "/places/new/", **typed(world, "calderdale"))
    assert Place.objects.filter(name="calderdale").count() == 1


def test_a_council_that_moved_board_has_its_place_in_one_of_them(officer, world):
    calderdale = council("Calderdale Council", "E08000033", "QWO")
    before = elsewhere(world, "Upper Calder", calderdale, ends=FIRST)
    says = refused(officer, "/places/new/", **typed(world, "Calderdale", calderdale))
    assert "Calderdale Council is in Upper Calder of NHS Greater Manchester Integrated Care Board until 1" in says
    Organisation.objects.filter(pk=before.icb_id).update(closed=date(2026, 9, 30))  # with its places
    post(officer, "/places/new/", **typed(world, "Calderdale", calderdale))
    assert Place.objects.filter(name="Calderdale").count() == 1


def test_a_council_of_several_boards_has_a_place_in_each_with_a_name_of_its_own(officer, world):
    county = council("North Yorkshire Council", "E06000065", "QOP", "QWO")
    elsewhere(world, "North Yorkshire", county)
    says = refused(officer, "/places/new/", **typed(world, "North Yorkshire", county))
    assert "with the same councils. Where a council lies in several boards, its place in each has a name" in says
    post(officer, "/places/new/", **typed(world, "Craven", county))
    assert Place.objects.filter(councils=county).count() == 2


def test_two_places_of_one_name_whose_councils_differ_are_two_places(officer, world):
    elsewhere(world, "North", council("Salford Council", "E08000006", "QOP"))
    post(officer, "/places/new/", **typed(world, "North", council("Calderdale Council", "E08000033", "QWO")))
    assert Place.objects.filter(name="North").count() == 2


DAYS = st.none() | st.integers(1, 6).map(lambda day: date(2026, 1, day))
SPANS = st.tuples(DAYS, DAYS).filter(lambda pair: None in pair or pair[0] <= pair[1])
AREAS = st.builds(
    lambda name, board, councils, days: Area(name, board, f"board {board}", councils, *days),
    st.sampled_from(["A", "a", "B"]), st.integers(1, 2), st.frozensets(st.integers(1, 3)), SPANS,
)  # fmt: skip


@given(AREAS, st.lists(AREAS, max_size=4), st.frozensets(st.integers(1, 3)))
def test_it_is_refused_just_when_on_some_day_it_would_lie_in_two_boards(wanted, others, several):
    def there(area: Area, day: int) -> bool:
        at = date(2026, 1, day)
        return not (area.starts and at < area.starts) and not (area.ends and at > area.ends)

    def same(other: Area) -> bool:
        if any(council in other.councils and council not in several for council in wanted.councils):
            return True
        if wanted.name.lower() != other.name.lower():
            return False
        return not wanted.councils or not other.councils or wanted.councils == other.councils

    twice = any(
        other.board != wanted.board and same(other) and there(wanted, day) and there(other, day)
        for other in others
        for day in range(1, 7)
    )
    names = {number: f"council {number}" for number in range(1, 4)}
    assert bool(place_guards.in_one_board(wanted, others, several, names)) == twice


# --- Correcting, ending, carrying on --------------------------------------------------------------------------------


def test_an_officer_corrects_a_place(officer, world, one_ledger_entry):
    leeds, body = Place.objects.get(name="Leeds"), world.body("E08000035")
    with one_ledger_entry("place.changed"):
        page = post(
            officer, f"/places/{leeds.pk}/edit/", name="City of Leeds", councils=[body.pk], **on("starts", KNOWN)
        )
    leeds.refresh_from_db()
    assert (leeds.name, leeds.starts, list(leeds.councils.all())) == ("City of Leeds", KNOWN, [body])
    assert "City of Leeds" in page
    with one_ledger_entry():  # nothing differs
        post(officer, f"/places/{leeds.pk}/edit/", name="City of Leeds", councils=[body.pk], **on("starts", KNOWN))


def test_a_correction_keeps_the_rules(officer, world):
    leeds = Place.objects.get(name="Leeds")
    Place.objects.filter(pk=leeds.pk).update(ends=date(2026, 9, 30))
    address = f"/places/{leeds.pk}/edit/"
    assert "must not lie before the first day" in refused(officer, address, name="Leeds", **on("starts", FIRST))
    taken = refused(officer, address, name="Bradford District and Craven", **on("starts", LONG_AGO))
    assert "has a place called Bradford District and Craven already" in taken
    assert Place.objects.get(pk=leeds.pk).name == "Leeds"


def test_the_last_day_says_what_still_points_to_the_place(officer, world, one_ledger_entry):
    bradford = Place.objects.get(name="Bradford District and Craven")
    page = text(officer.get(f"/places/{bradford.pk}/end/"))
    assert "Bradford District and Craven Partnership" in page and "Bradford place board" in page
    assert "Commissioning community health services, from NHS West Yorkshire Integrated Care Board" in page
    with one_ledger_entry("place.ended"):
        post(officer, f"/places/{bradford.pk}/end/", **on("last_day", FIRST))
    bradford.refresh_from_db()
    assert bradford.ends == FIRST
    assert Arrangement.objects.get().ends is None and Delegation.objects.filter(places=bradford).get().ends
    assert "It has ended already" in refused(officer, f"/places/{bradford.pk}/end/", **on("last_day", FIRST))


def test_a_place_does_not_end_before_it_begins(officer, world):
    leeds = Place.objects.get(name="Leeds")
    early = on("last_day", date(2022, 6, 30))
    assert "must not lie before the first day" in refused(officer, f"/places/{leeds.pk}/end/", **early)


def test_an_ended_place_is_carried_on_in_another_board(sign_in, world):
    leeds = Place.objects.get(name="Leeds")
    client, words = sign_in("other_officer"), typed(world, "Leeds", host=world.body("QOP").pk, follows=leeds.pk)
    assert client.post("/places/new/", words).status_code == 422  # it has not ended: not offered
    Place.objects.filter(pk=leeds.pk).update(ends=FIRST)
    assert "Leeds ends on 1 October 2026: carry it on from a later day" in refused(client, "/places/new/", **words)
    page = post(client, "/places/new/", **(words | on("starts", date(2026, 10, 2))))
    assert leeds.followed_by.get().icb == world.body("QOP")
    assert "carries on Leeds of NHS West Yorkshire Integrated Care Board" in page


def test_another_board_sees_a_place_and_does_not_change_it(sign_in, world):
    leeds = Place.objects.get(name="Leeds")
    for step in ("edit", "end"):
        assert sign_in("other_officer").get(f"/places/{leeds.pk}/{step}/").status_code == 403
        assert sign_in("other_officer").post(f"/places/{leeds.pk}/{step}/", {}).status_code == 403
    assert sign_in("officer").get("/places/0/edit/").status_code == 404


# --- The list, the trail, the API ------------------------------------------------------------------------------------


def test_the_list_is_of_a_system_and_a_day(officer, world):
    Place.objects.filter(name="Leeds").update(ends=FIRST)
    elsewhere(world, "Salford", council("Salford Council", "E08000006", "QOP"))
    assert "2 places" in text(officer.get("/places/?system="))
    assert "Salford Council" in text(officer.get("/places/?q=salford+council"))
    page = text(officer.get("/places/?system=QWO&closed=on"))
    assert "2 places" in page and "ended 1 October 2026" in page and "Salford" not in page
    assert "until 1 October 2026" in text(officer.get("/places/?as_of=1+October+2026"))
    assert "No place fits these filters" in text(officer.get("/places/?q=nowhere"))
    assert officer.get("/places/?system=nothing").status_code == 400
    rows = officer.get("/places/?format=csv").content.decode()
    assert "Salford Council" in rows and "Leeds" not in rows


def test_the_list_leads_to_what_a_person_may_do(officer, sign_in, world):
    bradford = Place.objects.get(name="Bradford District and Craven").pk
    page = officer.get("/places/?system=").content.decode()
    assert f"/places/{bradford}/edit/" in page and "/places/new/" in page
    page = sign_in("secretary").get("/places/?system=").content.decode()
    assert f"/places/{bradford}/edit/" not in page and "/places/new/" not in page
    assert "/places/" in officer.get("/arrangements/?system=").content.decode()
    assert "/places/?system=QWO" in officer.get("/organisations/QWO/").content.decode()
    assert "/places/?system=" not in officer.get("/organisations/RCF/").content.decode()


def test_the_list_asks_as_often_for_few_as_for_many(officer, world):
    officer.get("/places/?system=")
    with counted() as few:
        officer.get("/places/?system=")
    for number in range(30):
        elsewhere(world, f"Place {number}", council(f"Council {number}", f"E0900{number:04d}", "QOP"))
    with counted() as many:
        officer.get("/places/?system=")
    assert len(few) == len(many) <= 15
    bradford = Place.objects.get(name="Bradford District and Craven").pk
    for address in ("/places/new/", f"/places/{bradford}/edit/", f"/places/{bradford}/end/"):
        with counted() as asked:
            officer.get(address)
        assert len(asked) <= 15, (address, len(asked))


def test_the_trail_of_a_place(officer, world):
    leeds = Place.objects.get(name="Leeds")
    post(officer, f"/places/{leeds.pk}/end/", **on("last_day", FIRST))
    page = text(officer.get(f"/places/{leeds.pk}/trail/"))
    assert "Place ended , by Hannah Whitfield" in page and "2026-10-01" in page
