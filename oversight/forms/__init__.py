"""Forms of signals, concerns, cases and the dashboards."""
