"""What a photo must be for a face to be made of it; each refusal names what to do instead."""

import numpy as np

from avatar.errors import AvatarError, Unrecognised
from avatar.photo.curves import Floats
from avatar.photo.eye import eyes
from avatar.photo.geometry import CHIN, TOP, Face
from avatar.photo.inside import Tone
from avatar.photo.landmarks import Bgr, Detection, Finder, Mesh
from avatar.photo.lips import Lips

SURE = 0.8
SURE_FAR = 0.6
ANOTHER = 0.6
AGREE_IOU = 0.3
MIN_PICTURE_PX = 256
MIN_HEAD_PX = 200
HEADROOM = 2.05
MAX_TURN_DEG = 25.0
MIN_LIGHT = 0.17
MAX_GAP = 0.30
MIN_LID = 0.045
MIN_SEAM = 2.5
MIN_REDNESS = 2.0
MARKS = ", or mark its eyes and mouth"


def one_face(landmarks: Finder, picture: Bgr, otherwise: str = MARKS) -> Mesh:
    """The points of the only face in the picture; ``otherwise`` ends a refusal by another way.

    Raises:
        Unrecognised: There is none, or it may be no human face.
        AvatarError: There are several, or the picture is small.
    """
    if min(picture.shape[:2]) < MIN_PICTURE_PX:
        raise AvatarError(f"the picture is smaller than {MIN_PICTURE_PX} px: give a larger one")
    near, far = landmarks.near(picture), landmarks.far(picture)
    if not near and not far:
        raise Unrecognised(
            f"no face found: give a portrait in which the face looks at the camera{otherwise}"
        )
    face = max(near or far, key=_size)
    if not (
        any(_same(face, d) and d.score >= SURE for d in near)
        and any(_same(face, d) and d.score >= SURE_FAR for d in far)
    ):
        raise Unrecognised(
            "this may be no human face: give a clear portrait from the front" + otherwise
        )
    others = [d for d in near if not _same(face, d) and d.score >= ANOTHER]
    if any(_size(other) > 0.4 * _size(face) for other in others):
        raise AvatarError("several faces found: crop the picture to one of them")
    return landmarks.mesh(picture, face.eyes, face.box)


def points(mesh: Mesh) -> None:
    """Refuse a face that is too small in the photo (its points in px of the photo).

    Raises:
        AvatarError: It is too small.
    """
    flat = mesh.points[:, :2]
    head_px = HEADROOM * float(np.hypot(*(flat[CHIN] - flat[TOP])))
    if head_px < MIN_HEAD_PX:
        raise AvatarError(
            f"the head is only {head_px:.0f} px high: give a photo in which it has "
            f"{MIN_HEAD_PX} px or more, better 600"
        )


def pose(face: Face, mouth: Lips) -> None:
    """Refuse a face that is turned, has shut eyes or a wide open mouth.

    Raises:
        AvatarError: It is so.
    """
    yaw, pitch = face.yaw_pitch_deg()
    if abs(yaw) > MAX_TURN_DEG or abs(pitch) > MAX_TURN_DEG:
        raise AvatarError(
            f"the face is turned by {max(abs(yaw), abs(pitch)):.0f} degrees: give a photo in "
            f"which it looks at the camera ({MAX_TURN_DEG:.0f} at most)"
        )
    if mouth.gap > MAX_GAP:
        raise AvatarError("the mouth is wide open: give a photo with the lips closed or a smile")
    zero = np.zeros(1, np.float32)
    if max(float((eye.lower(zero) - eye.upper(zero))[0]) for eye in eyes(face)) < MIN_LID:
        raise AvatarError("the eyes are shut: give a photo with open eyes")


def light(tone: Tone) -> None:
    """Refuse a dark photo.

    Raises:
        AvatarError: It is too dark.
    """
    if tone.light < MIN_LIGHT:
        raise AvatarError("the face is too dark: give a brighter photo, lit from the front")


def uncovered(tone: Tone, seam_grey: float) -> None:
    """Refuse a mouth of which neither the line between the lips nor their colour can be seen.

    Raises:
        AvatarError: It seems to be covered.
    """
    if seam_grey < MIN_SEAM and redness(tone.lip) - redness(tone.skin) < MIN_REDNESS:
        raise AvatarError(
            "the mouth cannot be seen: give a photo without a hand, a mask, a microphone "
            "or a full beard before it"
        )


def redness(colour: Floats) -> float:
    """How much redder than green, per light (percent)."""
    blue, green, red = (float(c) for c in colour)
    return 100.0 * (red - green) / max(1.0, blue + green + red)


def _size(face: Detection) -> float:
    return face.box[2] - face.box[0]


def _same(a: Detection, b: Detection) -> bool:
    wide = min(a.box[2], b.box[2]) - max(a.box[0], b.box[0])
    high = min(a.box[3], b.box[3]) - max(a.box[1], b.box[1])
    both = max(0.0, wide) * max(0.0, high)
    return both / (_size(a) ** 2 + _size(b) ** 2 - both) > AGREE_IOU
