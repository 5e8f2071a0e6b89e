"""Background work about agents, done by the builders."""

import os
import socket
import zlib

from django.conf import settings
from django.db import transaction
from django_tasks import task

from agents import building, dynamics, filming_gestures, generations
from agents.dynamics import Change
from agents.models import Agent
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
    if generations.QUEUE.waiting():
        build_next.enqueue()


@task(queue_name=BUILDS)
def film_next() -> None:
    """Film the gestures of the agent that is next, and ask for the one after it."""
    row = dynamics.QUEUE.claim(random_id(process_name()))
    if row is None:
        return
    filming_gestures.make(row)
    if dynamics.QUEUE.waiting():
        film_next.enqueue()


@transaction.atomic
def start_filming(agent: Agent, seconds: float) -> None:
    """Queue the filming of an agent's gestures; raises as `dynamics.ask_for` does."""
    dynamics.ask_for(agent, seconds)
    film_next.enqueue()


@transaction.atomic
def change_dynamics(agent: Agent, wanted: Change) -> bool:
    """Change an agent's dynamics, and queue new films; as `dynamics.change`."""
    filmed = dynamics.change(agent, wanted)
    if filmed:
        film_next.enqueue()
    return filmed


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
    if generations.sweep() or generations.QUEUE.waiting():
        build_next.enqueue()
    if dynamics.sweep() or dynamics.QUEUE.waiting():
        film_next.enqueue()
    building.PLACES.tidy()
    filming_gestures.PLACES.tidy()


def stop_building() -> None:
    """Leave what this process has begun to the next one."""
    if generations.put_back(process_name()):
        build_next.enqueue()
    if dynamics.put_back(process_name()):
        film_next.enqueue()
