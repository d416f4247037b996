"""The REST API of organisations, arrangements, forums, delegations, meetings, decisions and actions. Read only."""
