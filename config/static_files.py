"""Static files from the serving process itself, under ASGI."""

from django.http import HttpRequest, HttpResponse, HttpResponseNotFound
from django.http.response import HttpResponseBase
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile
from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedModules(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # it has no types
    """Names with a digest in JavaScript imports too, so that no page mixes two versions."""

    support_js_module_import_aggregation = True


class StaticFilesMiddleware(WhiteNoiseMiddleware):  # type: ignore[misc]  # it has no types
    """WhiteNoise whose answers are whole: under ASGI its file iterators would be read twice over.

    Files are our own and small, so that one is read at once.
    """

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        path = request.path_info
        if not path.startswith(self.static_prefix):
            response: HttpResponseBase = self.get_response(request)
            return response
        found = self.find_file(path) if self.autorefresh else self.files.get(path)
        return HttpResponseNotFound() if found is None else _whole(found, request)


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
