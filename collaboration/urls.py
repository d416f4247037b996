"""Addresses of this app."""

from django.urls import include, path

from . import views

profile_urls = [
    path("", views.own_profile, name="own-profile"),
    path("score/", views.score, name="profile-score"),
    path("<str:code>/", views.profile, name="profile"),
]

urlpatterns = [
    path("profiles/", include(profile_urls)),
]
