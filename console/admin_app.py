from django.contrib.admin.apps import AdminConfig


class ConsoleAdminConfig(AdminConfig):
    """Django's admin with our own site as the one site."""

    default_site = "console.site.ConsoleSite"
