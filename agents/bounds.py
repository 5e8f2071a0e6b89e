"""What each work on strangers' files may use; no Django."""

from confined import Bounds

GB = 1 << 30

MAKING = Bounds(memory_bytes=2 * GB, cpu_s=600, wall_s=1200.0, file_bytes=GB // 2)
FILMING = Bounds(memory_bytes=2 * GB, cpu_s=300, wall_s=600.0, file_bytes=GB // 4)
LISTENING = Bounds(memory_bytes=GB // 2, cpu_s=30, wall_s=60.0, file_bytes=1 << 20)
