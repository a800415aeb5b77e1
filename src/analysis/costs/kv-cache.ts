/** The cache of keys and values that a model hands on from token to token, where it has one. */
import { intAttribute } from '../../onnx/attribute.ts';
import { byteLengthOf, type DataType } from '../../onnx/data-type.ts';
import type { NodeProto } from '../../onnx/proto.ts';
import { realInputs } from '../../onnx/value-info.ts';
import { operatorKey } from '../operators.ts';
import type { KvCache } from './facts.ts';
import type { GraphView } from './view.ts';

export interface FoundCache {
  readonly facts: KvCache;
  /** Inputs and outputs of the model that hold it. */
  readonly tensors: ReadonlySet<string>;
  /** Tokens that it holds after a run, or null where that is open. */
  readonly tokens: number | null;
}

/** One tensor of the cache; `values` tells how many of key and value it holds. */
interface CacheTensor {
  readonly name: string;
  readonly layer: string;
  readonly dims: readonly number[];
  readonly dataType: DataType;
  readonly values: 1 | 2;
}

/**
 * Names that exporters give: `past_key_values.0.key` (optimum, transformers.js, onnxruntime-genai), `past.0.key`,
 * `past_key_0`, `past_0` with key and value in one, and the `decoder` half of encoder-decoders. The encoder half is as
 * long as the input of the encoder and does not grow.
 */
const PAST =
  /^past(?:_key_values)?[._](?:(\d+)[._](?:decoder[._])?(?:self[._])?(?:key|value)|(?:key|value)[._](\d+)(?:[._].*)?|(\d+))$/;

export function kvCacheOf(view: GraphView): FoundCache | null {
  return cacheOfInputs(view) ?? cacheOfNodes(view);
}

function cacheOfInputs(view: GraphView): FoundCache | null {
  const tensors = realInputs(view.graph).flatMap(({ name = '' }): CacheTensor[] => {
    const layer = PAST.exec(name)?.slice(1).find(Boolean);
    return layer === undefined ? [] : cacheTensor(name, layer, view);
  });
  if (tensors.length === 0) return null;
  const names = new Set(tensors.map(({ name }) => name));
  const present = view.graph.output.map(({ name }) => name ?? '').filter((name) => /^present/.test(name));
  return found(tensors, new Set([...names, ...present]), `inputs ${tensors[0]?.name}, …`, present[0], view);
}

/** [batch, heads, length, head size], or [2, batch, heads, length, head size]; batch and length may be open. */
function cacheTensor(name: string, layer: string, view: GraphView): CacheTensor[] {
  const dims = view.shapes.dims(name);
  const dataType = view.shapes.dataType(name);
  if (dims === undefined || dataType === null || (dims.length !== 4 && dims.length !== 5)) return [];
  return [{ name, layer, dims: dims.slice(-4), dataType, values: dims.length === 5 ? 2 : 1 }];
}

/** Operator → its inputs with past keys and values, and its outputs with the present ones. */
const CACHING: Readonly<Record<string, { readonly past: readonly number[]; readonly present: readonly number[] }>> = {
  Attention: { past: [4, 5], present: [1, 2] },
  'com.microsoft::Attention': { past: [4], present: [1] },
  'com.microsoft::QAttention': { past: [8], present: [1] },
  'com.microsoft::DecoderMaskedSelfAttention': { past: [4], present: [1] },
  'com.microsoft::MultiHeadAttention': { past: [6, 7], present: [1, 2] },
  'com.microsoft::DecoderMaskedMultiHeadAttention': { past: [5, 6], present: [1, 2] },
  'com.microsoft::GroupQueryAttention': { past: [3, 4], present: [1, 2] },
  'com.microsoft::SparseAttention': { past: [3, 4], present: [1, 2] },
};

function cacheOfNodes(view: GraphView): FoundCache | null {
  const nodes = view.graph.node.filter((node) => {
    const ports = Object.hasOwn(CACHING, operatorKey(node)) ? CACHING[operatorKey(node)] : undefined;
    return ports?.past.every((index) => node.input[index]);
  });
  const tensors = nodes.flatMap((node, layer) => tensorsOf(node, String(layer), view));
  const [first] = nodes;
  if (first === undefined || tensors.length === 0) return null;
  const { past, present } = CACHING[operatorKey(first)] as (typeof CACHING)[string];
  const names = nodes.flatMap((node) => [...past.map((i) => node.input[i]), ...present.map((i) => node.output[i])]);
  const ends = new Set([...view.graph.input, ...view.graph.output].map(({ name }) => name ?? ''));
  const own = new Set(names.filter((name) => name !== undefined && ends.has(name)) as string[]);
  return found(tensors, own, `${nodes.length} × ${operatorKey(first)}`, first.output[present[0] as number], view);
}

/** Heads come from the attributes where the shape of the past leaves them open. */
function tensorsOf(node: NodeProto, layer: string, view: GraphView): CacheTensor[] {
  const heads = intAttribute(node, 'kv_num_heads', intAttribute(node, 'num_heads', Number.NaN));
  const { past } = CACHING[operatorKey(node)] as (typeof CACHING)[string];
  return past
    .flatMap((index) => cacheTensor(node.input[index] as string, layer, view))
    .map((tensor) => ({
      ...tensor,
      dims: tensor.dims.map((dim, axis) => (axis === 1 && Number.isNaN(dim) ? heads : dim)),
    }));
}

function found(
  tensors: readonly CacheTensor[],
  names: ReadonlySet<string>,
  source: string,
  present: string | undefined,
  view: GraphView,
): FoundCache | null {
  const [first] = tensors as [CacheTensor];
  const [, heads, , headSize] = first.dims as [number, number, number, number];
  const perToken = tensors.map(({ dims, dataType, values }) => {
    return values * (byteLengthOf(dataType, (dims[1] as number) * (dims[3] as number)) ?? Number.NaN);
  });
  const bytesPerToken = perToken.reduce((sum, bytes) => sum + bytes, 0);
  if (!Number.isFinite(bytesPerToken)) return null;
  const tokens = view.shapes.dims(present)?.at(-2) ?? Number.NaN;
  const layers = new Set(tensors.map(({ layer }) => layer)).size;
  return {
    facts: { layers, heads, headSize, dataType: first.dataType, bytesPerToken, source },
    tensors: names,
    tokens: Number.isFinite(tokens) ? tokens : null,
  };
}
