/** All models that our shapes are compared with the reference on. */
import type { GraphProto, ModelProto } from '../../../../src/onnx/proto.ts';
import { GRAPHS } from './graphs.ts';
import { buildModel, type ModelTable } from './model.ts';
import { NETWORKS } from './networks.ts';
import { OLD } from './old.ts';
import { RARER } from './rarer.ts';
import { SIZES } from './sizes.ts';

const TABLES: ModelTable = { ...NETWORKS, ...SIZES, ...GRAPHS, ...RARER, ...OLD };

/** Name and model, in the order of the tables. */
export function allModels(): [string, ModelProto & { graph: GraphProto }][] {
  return Object.entries(TABLES).map(([name, text]) => [name, buildModel(text)]);
}
