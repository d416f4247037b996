"""Sign-in rules for django-allauth: accounts are made by invitation, names go to the one name field."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """No sign-up: an administrator adds people."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: the sign-up page answers that it is closed."""
        return False


class SocialAccountAdapter(DefaultSocialAccountAdapter):
    """Sign-in with an organisation's account finds an existing person by verified address; it makes none."""

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        """Never: a person must have been added before."""
        return False
