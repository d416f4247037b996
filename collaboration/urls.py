"""Addresses of this app."""

from django.urls import include, path

from .views import profiles

profile_urls = [
    path("", profiles.own_profile, name="own-profile"),
    path("score/", profiles.score, name="profile-score"),
    path("<str:code>/", profiles.profile, name="profile"),
]

urlpatterns = [
    path("profiles/", include(profile_urls)),
]
