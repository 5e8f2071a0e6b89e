"""Hearing, answering and speaking with nothing but what a plain installation has."""
