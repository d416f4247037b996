"""The REST API of frameworks, profiles and their explanation. Read only; what is our own derivation says so."""
