from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("console/", admin.site.urls),
    path("", include("api.urls")),
    path("", include("embed.urls")),
]
