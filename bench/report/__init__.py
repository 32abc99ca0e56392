"""From results to figures: rows, goals, tables and drawings."""
