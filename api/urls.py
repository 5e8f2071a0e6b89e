from django.urls import URLPattern, URLResolver, path, re_path

from api import llms, v1, v2
from api.media import media
from api.views import unknown_route

urlpatterns: list[URLPattern | URLResolver] = [
    path("llms.txt", llms.index, name="llms"),
    path("llms-full.txt", llms.everything, name="llms-full"),
    path("docs/<slug:name>.md", llms.page, name="docs"),
    path("media/<path:name>", media, name="media"),
    path("v1/", v1.api.urls),
    path("v2/", v2.api.urls),
    re_path(r"^v[12](/.*)?\Z", unknown_route),
]
