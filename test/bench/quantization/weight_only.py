"""The reference of weight-only.ts: MatMulNBitsQuantizer with its default algorithm. Arguments: model, output."""

import sys

import onnx
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

model, output = sys.argv[1:3]
quantizer = MatMulNBitsQuantizer(onnx.load(model), bits=4, block_size=128, is_symmetric=False)
quantizer.process()
quantizer.model.save_model_to_file(output, use_external_data_format=True)
