"""What is done about it: dashboards, demonstration data, benchmarks."""
