"""Avatars for programs: audio in, pictures out, in the manner of the hosted vendor's SDK.

A program written for it works after `from parley_sdk import AsyncRuntime as AsyncBithuman`.
docs/sdk.md has the usual three.
"""

from avatar import GESTURES, AvatarError
from parley_sdk.api import AudioChunk, VideoControl, VideoFrame
from parley_sdk.runtime import AsyncRuntime, Settings

__all__ = [
    "GESTURES",
    "AsyncRuntime",
    "AudioChunk",
    "AvatarError",
    "Settings",
    "VideoControl",
    "VideoFrame",
]
