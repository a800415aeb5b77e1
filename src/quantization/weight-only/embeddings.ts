/** Tables of embeddings: constants whose rows a Gather picks, and matrices that are such a table turned. */
import { findAttribute, intAttribute } from '../../onnx/attribute.ts';
import { dataTypeOf } from '../../onnx/data-type.ts';
import { type GraphScope, type ScopedConstant, scopedProducer } from '../../onnx/graph-scopes.ts';
import type { NodeProto, TensorProto } from '../../onnx/proto.ts';
import { elementCount } from '../../onnx/tensor.ts';

/**
 * The table of a Gather that can be GatherBlockQuantized: two dims of float32 or float16, whole rows picked by indices that
 * come in at run time, and blocks that end where rows end. The kernel takes broken blocks too, but shared ones must not
 * leave bytes between rows.
 */
export function embeddingTable(node: NodeProto, scope: GraphScope, blockSize: number): ScopedConstant | undefined {
  if (node.opType !== 'Gather' || (node.domain && node.domain !== 'ai.onnx')) return undefined;
  const table = scope.constant(node.input[0] ?? '');
  if (table === undefined || scope.constant(node.input[1] ?? '') !== undefined) return undefined;
  const { dims, dataType } = table.tensor;
  const type = dataTypeOf(dataType);
  if (dims.length !== 2 || elementCount(dims) === 0 || (type !== 'float32' && type !== 'float16')) return undefined;
  const axis = intAttribute(node, 'axis', 0);
  return (axis === 0 || axis === -2) && (dims[1] as number) % blockSize === 0 ? table : undefined;
}

export interface TurnedTable {
  readonly weight: ScopedConstant;
  /** The Transpose that turns it, and its graph. */
  readonly turn: { readonly node: NodeProto; readonly scope: GraphScope };
}

/** One of `tables` with rows and columns exchanged, as a head takes it that is tied to the embedding. */
export function turnedTable(
  name: string,
  scope: GraphScope,
  tables: ReadonlySet<TensorProto>,
): TurnedTable | undefined {
  const turn = scopedProducer(name, scope);
  if (turn?.node.opType !== 'Transpose' || (turn.node.domain && turn.node.domain !== 'ai.onnx')) return undefined;
  const weight = turn.scope.constant(turn.node.input[0] ?? '');
  if (weight === undefined || !tables.has(weight.tensor)) return undefined;
  const perm = findAttribute(turn.node, 'perm')?.ints ?? [];
  return perm.length === 0 || Number(perm[0]) === 1 ? { weight, turn } : undefined;
}
