"""The catalogue of errors, as clients of the hosted API know it."""

import json

import pytest

from api.errors import Code, Failure, failure_of_status, render

CATALOGUE = [
    ("UNAUTHORIZED", 401, "Invalid API secret"),
    ("MISSING_AUTH", 401, "Missing api-secret header"),
    ("ACCOUNT_SUSPENDED", 401, "Account suspended"),
    ("INSUFFICIENT_BALANCE", 402, "Insufficient credits"),
    ("AGENT_NOT_FOUND", 404, "Agent not found"),
    ("NO_ACTIVE_ROOMS", 404, "No active rooms for agent"),
    ("AGENT_PROCESSING", 409, "Agent is still generating"),
    ("AGENT_FAILED", 400, "Agent generation failed"),
    ("VALIDATION_ERROR", 422, "The request is not valid"),
    ("MISSING_PARAM", 400, "Missing required field"),
    ("FILE_TOO_LARGE", 413, "File exceeds size limit"),
    ("UNSUPPORTED_TYPE", 415, "Unsupported file type"),
    ("DOWNLOAD_FAILED", 400, "Could not download URL"),
    ("DYNAMICS_NOT_FOUND", 404, "No dynamics for agent"),
    ("DYNAMICS_PROCESSING", 409, "Dynamics still generating"),
    ("RATE_LIMITED", 429, "Rate limit exceeded"),
    ("SESSION_LIMIT", 429, "Concurrent session limit reached"),
    ("NO_AVAILABLE_WORKERS", 503, "All workers busy"),
    ("INTERNAL_ERROR", 500, "Internal server error"),
    ("NOT_FOUND", 404, "Not found"),
    ("VOICE_NOT_FOUND", 404, "Voice not found"),
]
BEYOND = {"FORBIDDEN", "METHOD_NOT_ALLOWED", "PROVIDER_IN_USE"}
"""Ours, for what the catalogue does not have."""


@pytest.mark.parametrize(("name", "status", "message"), CATALOGUE)
def test_an_error_of_the_catalogue(name: str, status: int, message: str) -> None:
    response = render(Failure(Code[name]))
    assert response.status_code == status
    error = json.loads(response.content)["error"]
    error.pop("legacy_code", None)
    assert error == {"code": name, "message": message, "httpStatus": status}


def test_there_are_no_others() -> None:
    assert {code.name for code in Code} - {name for name, _, _ in CATALOGUE} == BEYOND


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (400, "VALIDATION_ERROR"),
        (401, "UNAUTHORIZED"),
        (402, "INSUFFICIENT_BALANCE"),
        (403, "FORBIDDEN"),
        (404, "NOT_FOUND"),
        (405, "METHOD_NOT_ALLOWED"),
        (409, "AGENT_PROCESSING"),
        (413, "FILE_TOO_LARGE"),
        (415, "UNSUPPORTED_TYPE"),
        (418, "VALIDATION_ERROR"),
        (429, "RATE_LIMITED"),
        (500, "INTERNAL_ERROR"),
        (502, "INTERNAL_ERROR"),
        (503, "NO_AVAILABLE_WORKERS"),
    ],
)
def test_what_is_said_where_only_a_status_is_known(status: int, name: str) -> None:
    failure = failure_of_status(status)
    assert (failure.code.name, failure.status) == (name, status)
