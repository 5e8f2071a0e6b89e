"""Static files from the serving process itself, under ASGI."""

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.http.response import HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

GetResponse = Callable[[HttpRequest], Any]


class HashedModules(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # it has no types
    """Names with a digest in JavaScript imports too, so that no page mixes two versions."""

    support_js_module_import_aggregation = True


class StaticFilesMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc]  # it has no types
    """WhiteNoise whose asynchronous answers are whole: its file iterators are synchronous.

    Files are our own and small, so that one is read at once, in a thread.
    """

    sync_capable = async_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        super().__init__(get_response)
        self._awaits = iscoroutinefunction(get_response)
        if self._awaits:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if self._awaits:
            return self._answer(request)
        response: HttpResponseBase = super().__call__(request)
        return response

    async def _answer(self, request: HttpRequest) -> HttpResponseBase:
        path = request.path_info
        if not path.startswith(self.static_prefix):
            response: HttpResponseBase = await self.get_response(request)
            return response
        found = self.find_file(path) if self.autorefresh else self.files.get(path)
        if found is None:
            return HttpResponseNotFound()
        return await sync_to_async(_whole)(found, request)


def _whole(found: StaticFile, request: HttpRequest) -> HttpResponse:
    answer = found.get_response(request.method, request.META)
    content = b""
    if answer.file is not None:
        with answer.file as file:
            content = file.read()
    response = HttpResponse(content, status=int(answer.status))
    del response["content-type"]
    for name, value in answer.headers:
        response[name] = value
    return response
