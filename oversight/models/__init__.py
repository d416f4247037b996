"""What is done about how partners work together: signals and cases."""

from .signals import Signal, SignalRuleSet

__all__ = ["Signal", "SignalRuleSet"]
