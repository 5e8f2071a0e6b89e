"""What the pages share: each account meets its own rows and nobody else's."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from django.contrib.admin import display
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.forms import ModelChoiceField, ModelMultipleChoiceField
from django.http import HttpRequest
from unfold.admin import ModelAdmin, TabularInline

from console.requests import viewer
from tokens.models import Account
from tokens.selectors import visible_accounts

Column = TypeVar("Column", bound=Callable[..., object])


def column(
    title: str, *, ordering: str | None = None, labels: Mapping[str, str] | None = None
) -> Callable[[Column], Column]:
    """Name a computed column; `labels` maps its values to the colours of unfold's labels."""

    def named(function: Column) -> Column:
        if labels is not None:
            vars(function)["label"] = labels
        return display(function, description=title, ordering=ordering)

    return named


class OwnedPages(ModelAdmin):  # type: ignore[misc] # unfold has no types
    """Pages of a model whose rows belong to an account, found at the look-up `owner`.

    Being signed in is the permission; the rows are limited by ownership, so that another
    account's row is as unknown as one that does not exist.
    """

    owner = "account"
    compressed_fields = True
    list_per_page = 50
    show_full_result_count = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows: QuerySet[Any] = super().get_queryset(request)
        who = viewer(request)
        return rows if who.is_superuser else rows.filter(**{self.owner: who})

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.may(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.may(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, obj)

    def may(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the viewer may meet these pages, and `obj` if one is given."""
        who = request.user
        if not (isinstance(who, Account) and who.is_active and who.is_staff):
            return False
        return obj is None or who.is_superuser or self.owner_of(obj) == who.pk

    def owner_of(self, obj: Any) -> int:
        """The primary key of the account that owns `obj`."""
        for name in self.owner.split("__"):
            obj = getattr(obj, name)
        pk: int = obj.pk
        return pk

    def formfield_for_manytomany(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> ModelMultipleChoiceField[Any] | None:
        """Offer the viewer's own rows, never the names of others'."""
        kwargs["queryset"] = of_accounts(request, db_field.related_model.objects.all())
        field: ModelMultipleChoiceField[Any] | None = super().formfield_for_manytomany(
            db_field, request, **kwargs
        )
        return field

    def formfield_for_foreignkey(
        self, db_field: Any, request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField[Any] | None:
        if db_field.related_model is Account:
            kwargs["queryset"] = visible_accounts(viewer(request))
            kwargs["initial"] = viewer(request).pk
        field: ModelChoiceField[Any] | None = super().formfield_for_foreignkey(
            db_field, request, **kwargs
        )
        return field


def of_accounts(request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
    """Those of `rows`, which have an `account`, that the viewer may choose from."""
    who = viewer(request)
    return rows if who.is_superuser else rows.filter(account=who)


def check_owner(account: Account, rows: Iterable[Any]) -> None:
    """Let only rows of `account` be chosen: a superuser might mix them with others'.

    Raises:
        ValidationError: one is another's.
    """
    if any(row.account_id != account.pk for row in rows):
        raise ValidationError("Choose what belongs to the same account.")


class ReadOnlyRows(TabularInline):  # type: ignore[misc] # unfold has no types
    """Rows shown beneath their parent, not to be touched."""

    extra = 0
    can_delete = False
    show_change_link = False
    hide_title = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True
