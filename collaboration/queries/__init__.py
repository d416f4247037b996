"""Reads: profiles, and the records behind them."""
