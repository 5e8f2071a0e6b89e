"""Trains the network that turns speech into a face; nothing that serves visits imports it."""
