"""Files in the console."""

import io

from django.core.files.storage import default_storage
from django.test import Client

from files import services
from files.models import File
from tests.console.conftest import SignIn
from tests.factories import Tenant

FILES = "/console/files/file/"


def test_files_are_seen_and_deleted_with_their_bytes(
    tenant: Tenant, sign_in: SignIn, django_capture_on_commit_callbacks: object
) -> None:
    kept = [
        services.store(tenant.account, io.BytesIO(b"a,b\n" * each), f"{each}.csv", category=None)
        for each in (600, 700, 800)
    ]
    console: Client = sign_in(tenant.account)
    page = console.get(FILES).content.decode()
    assert "700.csv" in page
    assert "8.2\xa0KB are yours" in page
    one = console.get(f"{FILES}{kept[0].pk}/change/").content.decode()
    assert services.public_url(kept[0]) in one
    with django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator] # the fixture has no type
        console.post(f"{FILES}{kept[0].pk}/delete/", {"post": "yes"})
        chosen = {"action": "delete_selected", "_selected_action": [kept[1].pk], "post": "yes"}
        console.post(FILES, chosen)
    assert [file.pk for file in File.objects.all()] == [kept[2].pk]
    assert [default_storage.exists(file.name) for file in kept] == [False, False, True]
