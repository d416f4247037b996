"""How the tests ask the API: as a person of the cast, by token."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from ics_governance.models import ApiToken
from tests.world import World

ROOT = "/api/v1/"


class Api:
    """A person who asks. `get("forums/?host=QWO")` is the answer; `rows(...)` all records of a list, page by page."""

    def __init__(self, key: str | None) -> None:
        self.client = Client(headers={"Authorization": f"Bearer {key}"} if key else {})

    def get(self, path: str, status: int | None = 200, **params: Any) -> Any:
        """The answer; `body` is its JSON."""
        answer = self.client.get(path if path.startswith("http") else ROOT + path, params)
        answer.body = answer.json()
        assert status in (None, answer.status_code), answer.body
        return answer

    def record(self, path: str) -> dict[str, Any]:
        """One record."""
        return self.get(path).body

    def rows(self, path: str, **params: Any) -> list[dict[str, Any]]:
        """All records of a list."""
        found, address = [], ROOT + path
        while address:
            answer = self.client.get(address, params)
            assert answer.status_code == 200, answer.json()
            found += answer.json()["results"]
            address, params = answer.json()["next"], {}
        return found

    def names(self, path: str, **params: Any) -> list[str]:
        """The names, titles or references of a list."""
        return [row.get("name") or row.get("reference") or row.get("title") for row in self.rows(path, **params)]


@pytest.fixture
def api(world: World) -> Callable[[str | None], Api]:
    """`api("officer")` asks as that person of the cast; `api(None)` as nobody."""

    def of(name: str | None) -> Api:
        if name is None:
            return Api(None)
        key = ApiToken.new_key()
        ApiToken.objects.create(
            user=world.user(name),
            name="a test",
            digest=ApiToken.digest_of(key),
            expires_on=timezone.localdate() + timedelta(days=1),
        )
        return Api(key)

    return of
