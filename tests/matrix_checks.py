"""The matrix of permissions for governance checks and what ends soon; `tests/matrix.py` says how to read it."""

from tests.matrix import API, EXECUTIVE, OFFICER, OTHER, by_api, of_a_system, only, row, section, signed_in

section("governance checks")
of_a_system("check-list")
of_a_system("expiring")
row("check-now", "nothing", post=signed_in(404))
row("check-now", "ours", data=lambda stage: {"system": "QWO"}, post=only(OFFICER | EXECUTIVE, 302, others=403))
row("check-now", "theirs", data=lambda stage: {"system": "QOP"}, post=only(OTHER, 302, others=403))
row("check-now", "a trust", data=lambda stage: {"system": "RCF"}, post=signed_in(404))
row("api-checks-list", get=by_api(signed_in(200)), **API)
row("api-checks-detail", "none", args=lambda stage: {"pk": 0}, get=by_api(signed_in(404)), **API)
