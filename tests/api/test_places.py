"""`/places/` of the API."""

from datetime import date

from partnerships.models import Place
from tests.world import LONG_AGO


def test_places_of_a_system_a_council_and_a_day(api, world):
    leeds = Place.objects.get(name="Leeds")
    leeds.councils.add(world.body("E08000035"))
    Place.objects.filter(pk=leeds.pk).update(ends=date(2026, 9, 30))
    Place.objects.create(name="Leeds", icb=world.body("QOP"), starts=date(2026, 10, 1), follows=leeds)
    client = api("stranger")
    assert [row["name"] for row in client.rows("places/", system="QWO")] == ["Bradford District and Craven", "Leeds"]
    assert [row["id"] for row in client.rows("places/", council="E08000035")] == [leeds.pk]
    assert [row["icb"]["ods_code"] for row in client.rows("places/", q="leeds", as_of="2026-10-01")] == ["QOP"]
    assert client.rows("places/", system="QOP")[0]["follows"]["id"] == leeds.pk
    record = client.record(f"places/{leeds.pk}/")
    assert [body["gss_code"] for body in record["councils"]] == ["E08000035"]
    assert (record["starts"], record["ends"]) == (LONG_AGO.isoformat(), "2026-09-30")


def test_bad_input_is_a_problem(api, world):
    api("officer").get("places/?system=nowhere", 400)
    api("officer").get("places/?as_of=yesterday", 400)
    api("officer").get("places/?place=1", 400)
    api("officer").get("places/0/", 404)
    api("officer").get("places/one/", 404)
