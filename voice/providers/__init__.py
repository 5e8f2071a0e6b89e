"""Providers by name: what an operator offers, and what an agent may ask of them."""
