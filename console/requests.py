"""Who is looking."""

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from tokens.models import Account


def viewer(request: HttpRequest) -> Account:
    """The account that is signed in; every page of the console has one."""
    if not isinstance(request.user, Account):
        raise PermissionDenied
    return request.user
