"""Models of onnxruntime.quantization at its documented settings. Arguments: model, calibration .npy, folder to write to, and one setting instead of all.

Prints one line of JSON per setting: name, and the file or why there is none.
"""

import json
import os
import sys

import numpy as np
import onnx
from onnx import version_converter
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

CORE = ["Conv", "ConvTranspose", "MatMul", "Gemm", "Relu", "Clip"]
SETTINGS = {
    f"{ops}, {channels}, {method}": (ops, channels, method)
    for ops in ("all operators", "core operators")
    for channels in ("per tensor", "per channel")
    for method in ("minmax", "percentile")
}


class Samples(CalibrationDataReader):
    def __init__(self, path, name):
        array = np.load(path)
        self.rows = iter([{name: array[i : i + 1]} for i in range(len(array))])

    def get_next(self):
        return next(self.rows, None)


def prepared(path, folder):
    model = onnx.load(path)
    names = {tensor.name for tensor in model.graph.initializer}
    kept = [value for value in model.graph.input if value.name not in names]
    del model.graph.input[:]
    model.graph.input.extend(kept)
    model.ir_version = max(model.ir_version, 8)
    opset = next(o.version for o in model.opset_import if o.domain in ("", "ai.onnx"))
    if opset < 13:
        model = version_converter.convert_version(model, 17)
    converted, target = os.path.join(folder, "converted.onnx"), os.path.join(folder, "prepared.onnx")
    onnx.save(model, converted)
    quant_pre_process(converted, target, skip_symbolic_shape=True)
    return target


model, calibration, folder = sys.argv[1:4]
source = prepared(model, folder)
for index, (name, (ops, channels, method)) in enumerate(SETTINGS.items()):
    if name not in (sys.argv[4:] or SETTINGS):
        continue
    path = os.path.join(folder, f"reference-{index}.onnx")
    try:
        quantize_static(
            source,
            path,
            Samples(calibration, onnx.load(source).graph.input[0].name),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=CORE if ops == "core operators" else None,
            per_channel=channels == "per channel",
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            calibrate_method=CalibrationMethod.MinMax if method == "minmax" else CalibrationMethod.Percentile,
            extra_options={"CalibPercentile": 99.999} if method == "percentile" else {},
        )
        print(json.dumps({"name": name, "path": path}), flush=True)
    except Exception as error:  # What fails is a result too.
        print(json.dumps({"name": name, "error": f"{type(error).__name__}: {error}"[:120]}), flush=True)
