/** How many dims tensors have, asked of ONNX Runtime, which infers shapes while it loads a model. */
import { encodedBytes, encodeModel } from '../../onnx/encode.ts';
import type { GraphProto, ModelProto } from '../../onnx/proto.ts';
import { type OpenSession, openSession } from '../../runtime/session.ts';
import { fitsInMemory } from './observed-model.ts';

/**
 * Ranks of tensors of the main graph; those that are not inferred are missing. Nothing runs. Empty for a model that is
 * too large to be loaded only for this, or that has data in other files.
 * @throws NimifyError CUSTOM_OPERATORS, RUNTIME_REFUSED, RUNTIME_NOT_INSTALLED
 */
export async function inferRanks(
  model: ModelProto & { graph: GraphProto },
  tensors: readonly string[],
  open: OpenSession = openSession,
): Promise<ReadonlyMap<string, number>> {
  const names = [...new Set(tensors)];
  // An output without a type takes the inferred one.
  const output = names.map((name) => ({ name, metadataProps: [] }));
  const encoded = encodeModel({ ...model, graph: { ...model.graph, output } });
  if (names.length === 0 || !fitsInMemory(model, encoded)) return new Map();
  const session = await open(encodedBytes(encoded), { graphOptimization: 'disabled' });
  try {
    // No dims at all stand for a scalar and for an unknown rank alike.
    const known = session.outputs.filter((info) => info.shape !== null && info.shape.length > 0);
    return new Map(known.map((info) => [info.name, info.shape?.length ?? 0]));
  } finally {
    await session.release();
  }
}
