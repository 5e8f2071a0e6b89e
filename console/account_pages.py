"""Accounts, for superusers."""

from typing import Any

from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from console.requests import viewer


class AccountPages(UserAdmin, ModelAdmin):  # type: ignore[misc, type-arg] # unfold has no types
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("username", "email", "tier", "suspended", "is_superuser", "last_login")
    list_filter = ("tier", "suspended", "is_superuser")
    search_fields = ("username", "email", "uid")
    readonly_fields = ("uid", "last_login", "date_joined")
    filter_horizontal = ()
    fieldsets = (
        (None, {"fields": ("username", "password", "email", "uid")}),
        (
            "What it may do",
            {"fields": ("tier", "suspended", "minutes_left", "is_staff", "is_superuser")},
        ),
        ("Since when", {"fields": ("last_login", "date_joined")}),
    )
    add_fieldsets = ((None, {"fields": ("username", "email", "tier", "password1", "password2")}),)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.is_staff = True
        super().save_model(request, obj, form, change)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody deletes the account that they are signed in with."""
        who = viewer(request)
        return who.is_superuser and obj != who
