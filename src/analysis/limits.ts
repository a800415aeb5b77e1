/** What ONNX Runtime 1.30 takes: onnxruntime/core/graph/model_load_utils.h and model.cc, each tried by loading a model. */

/** Newest ModelProto.ir_version that it loads. */
export const MAX_IR_VERSION = 13;

/** Newest version of the operator sets that it carries. */
export const MAX_OPSETS: Readonly<Record<string, number>> = {
  'ai.onnx': 26,
  'ai.onnx.ml': 5,
  'ai.onnx.training': 1,
  'ai.onnx.preview.training': 1,
  'com.microsoft': 1,
  'com.microsoft.nchwc': 1,
  'com.ms.internal.nhwc': 26,
  'com.microsoft.experimental': 1,
};

/** Below it, quantization per channel needs the model in a newer opset: `axis` of QuantizeLinear came with 13. */
export const PER_CHANNEL_OPSET = 13;

/** `com.microsoft.extensions` is not among them: it is a library of its own. */
export function isKnownDomain(domain: string): boolean {
  return domain === '' || Object.hasOwn(MAX_OPSETS, domain);
}
