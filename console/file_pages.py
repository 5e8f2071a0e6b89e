"""Files: what an account keeps, to look at and to delete."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.html import format_html

from console.base import OwnedPages, column
from console.requests import viewer
from files import selectors, services
from files.models import File


class FilePages(OwnedPages):
    list_display = ("when", "source", "category", "size")
    list_filter = ("category",)
    search_fields = ("original_source", "name")
    search_help_text = "Search by address or name"
    fields = (("source", "category"), ("mime_type", "size"), "when", "address")

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        return (
            (*self.list_display, "account") if viewer(request).is_superuser else self.list_display
        )

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        used = filesizeformat(selectors.used_bytes(viewer(request)))
        title = {"title": f"Files: {used} are yours"}
        return super().changelist_view(request, {**title, **(extra_context or {})})

    def delete_model(self, request: HttpRequest, obj: File) -> None:
        services.delete(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[File]) -> None:
        for file in queryset:
            services.delete(file)

    @column("When", ordering="created_at")
    def when(self, file: File) -> str:
        return f"{timezone.localtime(file.created_at):%d %b %Y, %H:%M}"

    @column("From", ordering="original_source")
    def source(self, file: File) -> str:
        return file.original_source or file.name

    @column("Size", ordering="size_bytes")
    def size(self, file: File) -> str:
        return filesizeformat(file.size_bytes)

    @column("Address, which whoever knows may read")
    def address(self, file: File) -> str:
        return format_html('<a href="{0}">{0}</a>', services.public_url(file))
