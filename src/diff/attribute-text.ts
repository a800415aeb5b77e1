/**
 * Attributes as short texts: equal texts mean equal values. Of a graph it is what goes in and out, in that order; its nodes
 * are compared one by one elsewhere, and so is the tensor of a Constant node, as a weight.
 */
import { sha256 } from '../base/digest.ts';
import { dataTypeOf } from '../onnx/data-type.ts';
import { isConstantNode } from '../onnx/placed-weights.ts';
import type { AttributeProto, GraphProto, NodeProto, TensorProto } from '../onnx/proto.ts';
import { valuesDigest } from '../onnx/values/walk.ts';

/** Attribute name → text. */
export function attributeTexts(node: NodeProto): Map<string, string> {
  const isWeight = ({ t, sparseTensor }: AttributeProto): boolean =>
    isConstantNode(node) && (t !== undefined || sparseTensor !== undefined);
  const compared = node.attribute.filter((one) => !isWeight(one));
  return new Map(compared.map((attribute) => [attribute.name ?? '', attributeText(attribute)]));
}

/** What a graph or a function takes and gives, by position: `(a, b) → (c)`. */
export function signatureText(inputs: readonly string[], outputs: readonly string[]): string {
  return `(${inputs.join(', ')}) → (${outputs.join(', ')})`;
}

export function attributeText(attribute: AttributeProto): string {
  const { f, i, s, t, refAttrName, tp, sparseTensor } = attribute;
  if (refAttrName) return `attribute ${refAttrName} of the function`;
  if (i !== undefined) return String(i);
  if (f !== undefined) return floatText(f);
  if (s !== undefined) return stringText(s);
  if (t !== undefined) return tensorText(t);
  if (attribute.g !== undefined || attribute.graphs.length > 0) return graphsText(attribute);
  if (attribute.ints.length > 0) return `[${attribute.ints.join(', ')}]`;
  if (attribute.floats.length > 0) return `[${attribute.floats.map(floatText).join(', ')}]`;
  if (attribute.strings.length > 0) {
    return `[${attribute.strings.map(stringText).join(', ')}]`;
  }
  if (attribute.tensors.length > 0) return `[${attribute.tensors.map(tensorText).join(', ')}]`;
  if (sparseTensor !== undefined) return `sparse ${[sparseTensor.values, sparseTensor.indices].map(part).join(' at ')}`;
  return tp === undefined ? '[]' : `type ${digest(JSON.stringify(tp))}`;
}

/** `1.0`, so that it is not the integer 1. */
function floatText(value: number): string {
  if (Object.is(value, -0)) return '-0.0';
  return Number.isInteger(value) && Math.abs(value) < 1e21 ? `${value}.0` : String(value);
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Bytes that are no text, as plugins keep them in attributes, by their digest. */
function stringText(bytes: Uint8Array): string {
  try {
    return JSON.stringify(decoder.decode(bytes));
  } catch {
    return `${bytes.length} bytes ${digest(bytes)}`;
  }
}

function graphsText({ g, graphs }: AttributeProto): string {
  const names = (values: GraphProto['input']): string[] => values.map(({ name = '' }) => name);
  const texts = (g ? [g, ...graphs] : graphs).map((graph) => signatureText(names(graph.input), names(graph.output)));
  return `graph ${texts.join(', ')}`;
}

const part = (tensor: TensorProto | undefined): string => (tensor === undefined ? 'nothing' : tensorText(tensor));

function tensorText(tensor: TensorProto): string {
  return `${dataTypeOf(tensor.dataType) ?? 'tensor'} [${tensor.dims}] ${valuesDigest(tensor).slice(0, 12)}`;
}

function digest(content: string | Uint8Array): string {
  return sha256(content).slice(0, 12);
}
