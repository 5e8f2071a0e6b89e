from django.apps import AppConfig


class RtcConfig(AppConfig):
    name = "rtc"
    verbose_name = "Visits"
    default_auto_field = "django.db.models.BigAutoField"
