"""From what a builder paints to what an encoder takes."""

import cv2
import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]


def planes(image: Bytes) -> tuple[Bytes, Bytes]:
    """BGR to BT.601 limited range: luma (height, width), chroma (2, height / 2, width / 2)."""
    blue, green, red = (image[..., i].astype(np.float32) / 255.0 for i in range(3))
    luma = 16.0 + 65.481 * red + 128.553 * green + 24.966 * blue
    u = 128.0 - 37.797 * red - 74.203 * green + 112.0 * blue
    v = 128.0 + 112.0 * red - 93.786 * green - 18.214 * blue
    half = (image.shape[1] // 2, image.shape[0] // 2)
    chroma = np.stack([cv2.resize(p, half, interpolation=cv2.INTER_AREA) for p in (u, v)])
    return luma.round().astype(np.uint8), chroma.round().astype(np.uint8)


def i420(image: Bytes) -> Bytes:
    """BGR to one I420 picture: shape (height * 3 / 2, width)."""
    luma, chroma = planes(image)
    return np.concatenate([luma, chroma.reshape(-1, image.shape[1])])
