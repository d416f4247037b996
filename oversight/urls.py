"""Addresses of this app."""

from django.urls import path

from .views import demo, home, region

urlpatterns = [
    path("", home.home, name="home"),
    path("region/", region.region, name="region"),
    path("demo/switch/", demo.switch_person, name="switch-person"),
]
