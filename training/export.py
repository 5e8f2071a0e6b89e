"""Writes the trained network as ONNX with eight-bit weights."""

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import (
    CalibrationDataReader,
    CalibrationMethod,
    QuantFormat,
    QuantType,
    quantize_static,
)
from torch import nn

from avatar.mel import BANDS
from avatar.network import OUTPUTS, VISEMES, Thresholds
from training.network import STRIDE, LipSync

OPSET = 17
IR_VERSION = 9
Floats = NDArray[np.float32]


class _Graph:
    """Nodes and weights as they are added."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.weights: list[Any] = []

    def add(self, kind: str, inputs: list[str], output: str, **attributes: Any) -> str:
        name = f"{kind}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], name=name, **attributes))
        return output

    def constant(self, name: str, value: NDArray[Any]) -> str:
        self.weights.append(numpy_helper.from_array(value, name))
        return name

    def conv(
        self, source: str, output: str, weight: Floats, bias: Floats, **attributes: Any
    ) -> str:
        names = [
            source,
            self.constant(f"{output}_weight", weight),
            self.constant(f"{output}_bias", bias),
        ]
        return self.add("Conv", names, output, **attributes)

    def sliced(self, source: str, output: str, start: int, end: int, axis: int) -> str:
        bounds = {"start": start, "end": end, "axis": axis}
        names = [
            self.constant(f"{output}_{key}", np.array([value], np.int64))
            for key, value in bounds.items()
        ]
        return self.add("Slice", [source, *names], output)


class _Reader(CalibrationDataReader):
    """Typical inputs, by which the ranges of activations are chosen."""

    def __init__(self, mels: Iterable[Floats]) -> None:
        self._mels = iter(mels)

    def get_next(self) -> dict[str, Floats] | None:
        """The next input; None after the last."""
        mel = next(self._mels, None)
        return None if mel is None else {"mel": mel[None]}


def export(network: LipSync) -> bytes:
    """The network in 32-bit floats, as an ONNX file."""
    graph = _Graph()
    x = graph.add("Transpose", ["mel"], "turned", perm=[0, 2, 1])
    x = graph.conv(x, "first", *_folded(network.first, network.first_norm))
    x = graph.add("Relu", [x], "first_on")
    folded = _folded(network.second, network.second_norm)
    x = graph.conv(x, "second", *folded, strides=[STRIDE])
    x = graph.add("Relu", [x], "second_on")
    for i, block in enumerate(network.blocks):
        weight, bias = _folded(block.conv, block.norm)
        y = graph.conv(x, f"block{i}", weight, bias, dilations=[block.dilation])
        y = graph.add("Relu", [y], f"block{i}_on")
        first, end = 2 * block.dilation - block.ahead, -block.ahead or 2**31 - 1
        x = graph.sliced(x, f"block{i}_short", first, end, 2)
        x = graph.add("Add", [x, y], f"block{i}_out")
    head = network.head
    x = graph.conv(x, "head", head.weight.detach().numpy(), _bias(head))
    x = graph.add("Transpose", [x], "rows", perm=[0, 2, 1])
    visemes = graph.add("Softmax", [graph.sliced(x, "named", 0, VISEMES, 2)], "visemes", axis=2)
    moved = graph.add("Sigmoid", [graph.sliced(x, "pulled", VISEMES, OUTPUTS, 2)], "articulation")
    graph.add("Concat", [visemes, moved], "mouth", axis=2)
    return _model(graph)


def quantised(model: bytes, mels: Iterable[Floats]) -> bytes:
    """The same with eight-bit weights; ``mels`` are typical inputs, (t, BANDS) each."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder, "float.onnx"), Path(folder, "int8.onnx")
        source.write_bytes(model)
        quantize_static(
            str(source),
            str(target),
            _Reader(mels),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=["Conv", "Relu", "Add"],
            nodes_to_exclude=[node.name for node in onnx.load(source).graph.node][-7:],
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax,
        )
        return target.read_bytes()


def with_thresholds(model: bytes, thresholds: Thresholds) -> bytes:
    """The model with other thresholds in its metadata."""
    loaded = onnx.load_model_from_string(model)
    values = {"press_threshold": thresholds.press, "bite_threshold": thresholds.bite}
    helper.set_model_props(loaded, {key: f"{value:.3f}" for key, value in values.items()})
    return bytes(loaded.SerializeToString())


def _folded(conv: nn.Conv1d, norm: nn.BatchNorm1d) -> tuple[Floats, Floats]:
    """Weight and bias of a convolution with the normalisation that follows it."""
    if norm.running_mean is None or norm.running_var is None:
        raise RuntimeError("the normalisation has seen nothing")
    scale = norm.weight / (norm.running_var + norm.eps).sqrt()
    weight = (conv.weight * scale[:, None, None]).detach().numpy()
    bias = (norm.bias - norm.running_mean * scale).detach().numpy()
    return weight, bias


def _bias(conv: nn.Conv1d) -> Floats:
    if conv.bias is None:
        raise RuntimeError("the head needs a bias")
    out: Floats = conv.bias.detach().numpy()
    return out


def _model(graph: _Graph) -> bytes:
    model = helper.make_model(
        helper.make_graph(
            graph.nodes,
            "lipsync",
            [helper.make_tensor_value_info("mel", TensorProto.FLOAT, [1, "frames", BANDS])],
            [helper.make_tensor_value_info("mouth", TensorProto.FLOAT, [1, "outputs", OUTPUTS])],
            graph.weights,
        ),
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR_VERSION,
    )
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())
