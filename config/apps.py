from django.apps import AppConfig


class ParleyConfig(AppConfig):
    """The composition: settings, urls, and the `serve` command."""

    name = "config"
    label = "parley"
