/** Attributes as short texts: equal texts mean equal values. Subgraphs are compared node by node elsewhere. */
import { sha256 } from '../base/digest.ts';
import { dataTypeOf } from '../onnx/data-type.ts';
import type { AttributeProto, NodeProto, TensorProto } from '../onnx/proto.ts';
import { valuesDigest } from '../onnx/values/walk.ts';

/** Attribute name → text, without those that hold graphs; the tensor of a Constant node is compared as a weight. */
export function attributeTexts(node: NodeProto): Map<string, string> {
  const isWeight = ({ t, sparseTensor }: AttributeProto): boolean =>
    node.opType === 'Constant' && (t !== undefined || sparseTensor !== undefined);
  const plain = node.attribute.filter((one) => !one.g && one.graphs.length === 0 && !isWeight(one));
  return new Map(plain.map((attribute) => [attribute.name ?? '', attributeText(attribute)]));
}

function attributeText(attribute: AttributeProto): string {
  const { f, i, s, t, refAttrName, tp, sparseTensor } = attribute;
  if (refAttrName) return `attribute ${refAttrName} of the function`;
  if (i !== undefined) return String(i);
  if (f !== undefined) return String(f);
  if (s !== undefined) return JSON.stringify(new TextDecoder().decode(s));
  if (t !== undefined) return tensorText(t);
  if (attribute.ints.length > 0) return `[${attribute.ints.join(', ')}]`;
  if (attribute.floats.length > 0) return `[${attribute.floats.join(', ')}]`;
  if (attribute.strings.length > 0) {
    return `[${attribute.strings.map((text) => JSON.stringify(new TextDecoder().decode(text))).join(', ')}]`;
  }
  if (attribute.tensors.length > 0) return `[${attribute.tensors.map(tensorText).join(', ')}]`;
  if (sparseTensor !== undefined) return `sparse ${[sparseTensor.values, sparseTensor.indices].map(part).join(' at ')}`;
  return tp === undefined ? '[]' : `type ${digest(JSON.stringify(tp))}`;
}

const part = (tensor: TensorProto | undefined): string => (tensor === undefined ? 'nothing' : tensorText(tensor));

function tensorText(tensor: TensorProto): string {
  return `${dataTypeOf(tensor.dataType) ?? 'tensor'} [${tensor.dims}] ${valuesDigest(tensor).slice(0, 12)}`;
}

function digest(text: string): string {
  return sha256(text).slice(0, 12);
}
