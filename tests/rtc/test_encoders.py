import av
import numpy as np
import pytest
from numpy.typing import NDArray

from rtc.encoders import BitratePolicy, FaceEncoder, SpeechEncoder

Picture = NDArray[np.uint8]


def picture(width: int, height: int, shift: int = 0) -> Picture:
    """A slanted ramp with a colour, moved by `shift`."""
    rows, columns = np.mgrid[:height, :width]
    out = np.full((height * 3 // 2, width), 128, np.uint8)
    out[:height] = (rows // 2 + columns // 2 + shift) % 200 + 20
    out[height:] = np.repeat([90, 160], height // 4)[:, np.newaxis]
    return out


def decode(frames: list[bytes]) -> list[Picture]:
    codec = av.CodecContext.create("libvpx", "r")
    shown = [picture for frame in frames for picture in codec.decode(av.Packet(frame))]
    return [picture.to_ndarray().astype(np.uint8) for picture in shown]


def is_key(frame: bytes) -> bool:
    return frame[0] & 1 == 0


@pytest.mark.parametrize(("width", "height"), [(512, 512), (360, 640), (400, 300)])
def test_the_picture_arrives_whatever_its_size(width: int, height: int) -> None:
    encoder = FaceEncoder(width, height, 25, 1_000_000)
    sent = [picture(width, height, shift) for shift in range(10)]
    shown = decode([encoder.encode(one, number * 3600) for number, one in enumerate(sent)])
    assert len(shown) == 10
    assert np.abs(shown[-1].astype(int) - sent[-1]).mean() < 4


@pytest.mark.parametrize(
    "wrong",
    [np.zeros((512, 512), np.uint8), np.zeros((768, 512), np.float32), picture(256, 256)],
)
def test_what_is_no_picture_of_the_size_is_refused(wrong: Picture) -> None:
    with pytest.raises(ValueError, match="768, 512"):
        FaceEncoder(512, 512, 25, 600_000).encode(wrong, 0)


def test_a_lost_picture_brings_one_key_frame_and_a_flood_of_requests_no_flood() -> None:
    encoder = FaceEncoder(128, 128, 25, 300_000)
    keys = []
    for number in range(50):
        if number == 10 or number >= 20:
            encoder.request_key_frame()
        keys.append(is_key(encoder.encode(picture(128, 128, number), number * 3600)))
    assert [number for number in range(20) if keys[number]] == [0, 10]
    assert sum(keys[20:]) <= 5


def test_the_rate_is_kept_and_a_narrow_path_is_followed_with_one_key_frame() -> None:
    rng = np.random.default_rng(3)
    noise = rng.integers(-15, 15, (384, 256), dtype=np.int16)
    encoder = FaceEncoder(256, 256, 25, 600_000)
    sizes, keys = [], []
    for number in range(250):
        moved = np.roll(noise, number * 3, axis=1)
        noisy = np.clip(picture(256, 256, number) + moved, 16, 235).astype(np.uint8)
        frame = encoder.encode(noisy, number * 3600)
        encoder.note_sent(number * 0.04, len(frame))
        if number >= 100:
            encoder.follow(number * 0.04, 250_000)
        sizes.append(len(frame))
        keys.append(is_key(frame))
    assert sum(sizes[25:100]) * 8 / 3 == pytest.approx(600_000, rel=0.25)
    assert sum(sizes[175:250]) * 8 / 3 == pytest.approx(225_000, rel=0.3)
    assert sum(keys) == 2


class TestBitratePolicy:
    def send(self, policy: BitratePolicy, start_s: float, seconds: float, bps: int) -> None:
        for number in range(round(seconds * 25)):
            policy.sent(start_s + number / 25, bps // 8 // 25)

    def test_a_still_picture_is_no_narrow_path(self) -> None:
        policy = BitratePolicy(600_000)
        for second in range(60):
            self.send(policy, second, 1.0, 100_000)
            assert not policy.estimate(second + 1.0, 250_000)
        assert policy.rate_bps == 600_000

    def test_estimates_that_come_and_go_change_nothing(self) -> None:
        policy = BitratePolicy(600_000)
        for tenth in range(600):
            self.send(policy, tenth / 10, 0.1, 600_000)
            estimate = 300_000 if tenth % 10 < 5 else 700_000
            assert not policy.estimate(tenth / 10 + 0.1, estimate)

    def test_it_goes_down_and_up_again_at_most_every_ten_seconds(self) -> None:
        policy = BitratePolicy(600_000)
        changes = []
        for tenth in range(400):
            now_s = tenth / 10
            self.send(policy, now_s, 0.1, policy.rate_bps)
            if policy.estimate(now_s + 0.1, 200_000 if now_s < 12 else 2_000_000):
                changes.append((now_s, policy.rate_bps))
        assert [rate for _, rate in changes] == [180_000, 600_000]
        assert changes[0][0] < 4
        assert changes[1][0] - changes[0][0] >= 10

    def test_it_never_leaves_its_bounds(self) -> None:
        policy = BitratePolicy(600_000)
        for tenth in range(100):
            self.send(policy, tenth / 10, 0.1, 600_000)
            policy.estimate(tenth / 10 + 0.1, 5_000)
        assert policy.rate_bps == 150_000


def test_speech_survives_and_lasting_silence_is_one_small_packet() -> None:
    times = np.arange(48_000) / 48_000
    tone = (8000 * np.sin(2 * np.pi * 440 * times)).astype(np.int16)
    sound = np.concatenate((tone, np.zeros(48_000, np.int16), tone))
    encoder = SpeechEncoder()
    sent = [encoder.encode(sound[at : at + 960]) for at in range(0, sound.size, 960)]
    codec = av.CodecContext.create("libopus", "r")
    codec.layout, codec.sample_rate = "mono", 48_000
    heard = np.concatenate(
        [frame.to_ndarray()[0] for packet in sent for frame in codec.decode(av.Packet(packet))]
    )
    assert heard.size == sound.size
    assert heard[10_000:40_000].std() == pytest.approx(8000 / 2**0.5, rel=0.05)
    assert heard[60_000:90_000].std() < 5
    assert heard[106_000:136_000].std() == pytest.approx(8000 / 2**0.5, rel=0.05)
    assert len(set(sent[75:100])) == 1
    assert len(sent[80]) < 10
