"""The parts of make_store.py: what the tables, documents, values and texts of a store look like."""
