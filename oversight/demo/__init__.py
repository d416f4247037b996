"""The demonstration: invented activity of real bodies, and a few invented bodies that do badly.

Everything is generated from a seed and a day into plain rows (`Rows`), without a database; only `load` writes them.
The YAML files hold names, places, arrangements and texts.
"""
