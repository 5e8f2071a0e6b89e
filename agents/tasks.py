"""Background work about agents, done by the builders."""

import os
import socket
import zlib

from django.conf import settings
from django_tasks import task

from agents import building, generations
from tokens.models import random_id

BUILDS = "builds"
"""The queue of what takes minutes; it has workers of its own."""


@task(queue_name=BUILDS)
def build_next() -> None:
    """Make the agent that is next, if one may be begun, and ask for the one after it."""
    generation = generations.claim(random_id(process_name()))
    if generation is None:
        return
    building.build(generation)
    if generations.waiting():
        build_next.enqueue()


def process_name() -> str:
    """How the names of this process's makers begin."""
    return f"{zlib.crc32(socket.gethostname().encode()):08x}.{os.getpid()}."


def get_ready() -> None:
    """Load what can be loaded on the main thread alone."""
    if settings.PARLEY_VOICE.default_provider("llm") != "offline":
        from voice import asking  # it loads the whole engine

        asking.load_plugins(settings.PARLEY_VOICE)


def take_up_again() -> None:
    """Have what was interrupted made by somebody else."""
    if generations.sweep() or generations.waiting():
        build_next.enqueue()
    building.tidy()


def stop_building() -> None:
    """Leave what this process has begun to the next one."""
    if generations.put_back(process_name()):
        build_next.enqueue()
