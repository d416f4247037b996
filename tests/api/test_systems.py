"""The map of a system by REST: the same for everyone, without sign-in."""

import pytest
from jsonschema import Draft202012Validator

from tests.api.test_schema import as_json_schema


def test_a_visitor_reads_who_decides_what(api, world):
    answer = api(None).get("public/systems/QWO/map/", as_of="2026-11-02").body
    assert (answer["system"], answer["on"]) == ("QWO", "2026-11-02")
    row = next(row for row in answer["functions"] if row["function"] == "community_diagnostics")
    assert (row["part_of"], row["owners"], row["reserved"]) == ("community_services", [world.icb.pk], False)
    assert [(answer["names"][cell["holder"]], cell["limit"], cell["ends"]) for cell in row["cells"]] == [
        ("Finance and commissioning committee", "2000000.00", "2027-03-31"),
        ("Bradford place board", "500000.00", "2027-03-31"),
    ]
    assert row["cells"][1]["text"].replace("\u00a0", " ") == "up to £500,000; for Bradford District and Craven"
    assert answer["not_declared_complete"] == []


def test_a_place_leaves_out_what_does_not_cover_it(api, world):
    leeds = world.icb.places.get(name="Leeds")
    answer = api(None).get("public/systems/QWO/map/", place=leeds.pk, as_of="2026-11-02").body
    assert [each["name"] for each in answer["holders"]] == ["Finance and commissioning committee"]


@pytest.mark.parametrize("query", ["as_of=soon", "place=0", "place=999999", "place=x", "day=2026-11-02"])
def test_what_cannot_be_read_is_refused(api, query):
    answer = api(None).get(f"public/systems/QWO/map/?{query}", 400)
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("code", ["RCF", "NOBODY", "Y63"])
def test_only_an_integrated_care_board_has_a_map(api, code):
    api(None).get(f"public/systems/{code}/map/", 404)


def test_what_comes_back_is_what_is_described(api, world):
    document = api("officer").get("schema/").body
    described = document["paths"]["/api/v1/public/systems/{code}/map/"]["get"]["responses"]["200"]
    schema = {**described["content"]["application/json"]["schema"], "components": document["components"]}
    body = api(None).get("public/systems/QWO/map/").body
    assert list(Draft202012Validator(as_json_schema(schema)).iter_errors(body)) == []
