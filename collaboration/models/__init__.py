"""How well partners work together."""

from .frameworks import Framework
from .profiles import Profile, Reading, Score

__all__ = ["Framework", "Profile", "Reading", "Score"]
