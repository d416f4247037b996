"""The switcher between the people of the demonstration."""

import pytest
from django.test import Client

from ics_governance.models import User


@pytest.fixture
def demo(world, settings):
    """Two of the people that can be switched to."""
    settings.DEMO = True
    for email in ("icb.officer@demo.test", "council.partner@demo.test"):
        User.objects.create_user(email, "demo", name=email)
    return world


def switch(client, person, **extra):
    return client.post("/demo/switch/", {"person": person, **extra})


def test_it_signs_the_chosen_person_in_and_leads_home(demo, client):
    response = switch(client, "icb.officer@demo.test")
    assert (response.status_code, response.url) == (302, "/")
    page = client.get("/").content.decode()
    assert '<option value="icb.officer@demo.test" selected>' in page


def test_from_one_person_to_the_next(demo, client):
    switch(client, "icb.officer@demo.test")
    switch(client, "council.partner@demo.test")
    assert client.get("/").wsgi_request.user.email == "council.partner@demo.test"


def test_signed_out_a_person_is_still_to_be_chosen(demo, client):
    assert '<option value="" selected>Choose a person</option>' in client.get("/").content.decode()


@pytest.mark.parametrize("person", ["", "officer@example.test", "nobody@demo.test", "icb.officer@demo.test "])
def test_nobody_else_can_be_chosen(demo, client, person):
    assert switch(client, person).status_code == 404
    assert not client.get("/").wsgi_request.user.is_authenticated


def test_an_inactive_person_cannot_be_chosen(demo, client):
    User.objects.filter(email="icb.officer@demo.test").update(is_active=False)
    assert switch(client, "icb.officer@demo.test").status_code == 404


def test_it_never_leads_elsewhere(demo, client):
    assert switch(client, "icb.officer@demo.test", next="https://elsewhere.example/").url == "/"


def test_outside_the_demonstration_it_does_not_exist(demo, client, settings):
    settings.DEMO = False
    assert switch(client, "icb.officer@demo.test").status_code == 404
    assert not client.get("/").wsgi_request.user.is_authenticated


def test_only_a_form_of_this_site_can_switch(demo):
    strict = Client(enforce_csrf_checks=True)
    assert switch(strict, "icb.officer@demo.test").status_code == 403
    assert strict.get("/demo/switch/").status_code == 405
