"""Answers beside the versioned interface."""

from django import db
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from api.errors import Code, ErrorResponse, Failure, render


@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Whether this process answers and reaches its database."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except db.Error:
        return JsonResponse({"status": "error", "database": "unreachable"}, status=503)
    return JsonResponse({"status": "ok"})


@csrf_exempt
def unknown_route(request: HttpRequest, _rest: str | None = None) -> ErrorResponse:
    return render(Failure(Code.NOT_FOUND))
