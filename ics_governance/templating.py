"""The Jinja environment of the pages, and the door to the NHS design system's official macros.

Our own templates are strict: a name that is not there is an error, never an empty place. The official macros need
names that may be missing, so they live in an environment of their own and are reached as `nhsuk.button({...})`,
in Jinja templates, in `forms.py` and, by `{% nhsuk %}`, in Django's.
"""

import re
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

from django.conf import settings
from django.contrib.messages import get_messages
from django.http import HttpRequest, QueryDict
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.module_loading import import_string
from django_htmx.jinja import htmx_script
from jinja2 import ChainableUndefined, Environment, PackageLoader, StrictUndefined
from jinja2.runtime import Macro
from markupsafe import Markup

from . import charts, wording
from .permissions import Actor, roles

FOLDERS = {"table": "tables", "image": "images", "list": "do-dont-list"}  # macros not named like their folder


class DesignSystem:
    """The official macros of nhsuk-frontend-jinja as attributes: `nhsuk.errorSummary({...})`."""

    def __init__(self) -> None:
        self._environment = Environment(
            loader=PackageLoader("nhsuk_frontend_jinja"),
            undefined=ChainableUndefined,
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,  # else each macro looks at its file's time again, several times
            cache_size=-1,
        )

    def __getattr__(self, name: str) -> Macro:
        if name.startswith("_"):
            raise AttributeError(name)
        folder = FOLDERS.get(name) or re.sub(r"([A-Z])", r"-\1", name).lower()
        template = self._environment.get_template(f"nhsuk/components/{folder}/macro.jinja")
        macro: Macro = getattr(template.module, name)
        setattr(self, name, macro)
        return macro


nhsuk = DesignSystem()


def environment(**options: Any) -> Environment:
    """What Django's Jinja backend calls once, with its own loader in `options`."""
    options |= {
        "undefined": StrictUndefined,
        "trim_blocks": True,
        "lstrip_blocks": True,
        "extensions": ["jinja2.ext.do"],
        "autoescape": lambda name: not (name or "").endswith(".txt"),  # mails are plain text
    }
    env = Environment(**options)  # noqa: S701
    env.filters.update(wording.FILTERS)
    env.globals.update(
        nhsuk=nhsuk,
        url=url,
        url_or_none=url_or_none,
        query=query,
        static=asset,
        icon=icon,
        htmx_script=htmx_script,
        navigation=navigation,
        demo_people_of=demo_people_of,
        messages_of=messages_of,
        titles_of=titles_of,
        charts=charts,
        site_name=settings.SITE_NAME,
        site_url=settings.SITE_URL,
        demo=settings.DEMO,
        version=settings.VERSION,
    )
    return env


def url(name: str, *args: Any, **kwargs: Any) -> str:
    return _address(name, args, tuple(kwargs.items()))


@lru_cache(maxsize=4096)
def _address(name: str, args: tuple[Any, ...], kwargs: tuple[tuple[str, Any], ...]) -> str:
    """A page of a list holds a hundred addresses; each takes 50 microseconds to make anew."""
    return reverse(name, args=args or None, kwargs=dict(kwargs) or None)


def url_or_none(name: str, *args: Any, **kwargs: Any) -> str | None:
    """For links that every page carries, the error pages too: a route that is missing leaves the link out."""
    try:
        return url(name, *args, **kwargs)
    except NoReverseMatch:
        return None


def query(request: HttpRequest, **changes: object) -> str:
    """This page's query string with some keys changed: `query(request, sort="-due", after=None)`.

    A value of None takes the key away; a list sets it several times. Used for sorting, paging and exports, so that
    each keeps the filters.
    """
    params: QueryDict = request.GET.copy()
    for key, value in changes.items():
        params.pop(key, None)
        if isinstance(value, list | tuple):
            params.setlist(key, [str(item) for item in value])
        elif value is not None and value != "":
            params[key] = str(value)
    return f"?{params.urlencode()}" if params else request.path


@lru_cache(maxsize=512)
def asset(path: str) -> str:
    return static(path)


@lru_cache(maxsize=1024)
def icon(name: str, label: str = "", small: bool = False) -> Markup:
    """One drawing of the sprite. With a label it is an image with that name, without one decoration beside words.

    Names: v-common v-imp v-con v-nj (variation); i-tick i-no i-miss i-neq i-todo i-wait i-info (states);
    m-ok m-soon m-late m-pause (one case on the stage strip).
    """
    size = 16 if name.startswith("m-") else 24
    said = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup('<svg class="app-i{}" viewBox="0 0 {} {}" {} focusable="false"><use href="{}#{}"/></svg>').format(
        " app-i--s" if small else "", size, size, said, asset("icons/sprite.svg"), name
    )


def navigation(request: HttpRequest) -> list[tuple[str, str, str]]:
    """Menu entries (key, label, url) for this person, from the callable that `settings.NAVIGATION` names."""
    return list(_callable("NAVIGATION")(request))


def demo_people_of(request: HttpRequest) -> list[dict[str, Any]]:
    """The demo's people, each with value, label and current, from `settings.DEMO_PEOPLE`; none outside the demo."""
    return _callable("DEMO_PEOPLE")(request) if settings.DEMO else []


def titles_of(actor: Actor) -> str:
    """The person's roles in words, "governance officer, auditor"; empty without one."""
    titles = dict.fromkeys(roles()[held.role].title for held in actor.holdings if held.role in roles())
    return ", ".join(title[:1].lower() + title[1:] if not title[:2].isupper() else title for title in titles)


def messages_of(request: HttpRequest) -> list[Any]:
    return list(get_messages(request))


@cache
def _callable(setting: str) -> Callable[[HttpRequest], Any]:
    path = getattr(settings, setting, "")
    return import_string(path) if path else lambda request: []
