"""Pages that show what all the apps know: home, region, menu, the demonstration's switcher."""

from .demo import demo_people, sign_ins
from .navigation import navigation

__all__ = ["demo_people", "navigation", "sign_ins"]
