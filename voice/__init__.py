"""Conversation engine: hearing, answering and speaking, without Django, Channels or aiortc."""
