from django.urls import path

from embed.demo import shop
from embed.views import page, picture

app_name = "embed"

urlpatterns = [
    path("embed/<str:code>", page, name="page"),
    path("embed/<str:code>/poster.webp", picture, name="poster"),
    path("demo", shop, name="demo"),
]
