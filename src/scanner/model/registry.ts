/** The checks of a model file. */
import type { ModelCheck } from './check.ts';
import { attributes } from './checks/attributes.ts';
import { duplicateInitializers } from './checks/duplicate-initializers.ts';
import { endlessLoops } from './checks/endless-loops.ts';
import { externalData } from './checks/external-data.ts';
import { functions } from './checks/functions.ts';
import { graphSize } from './checks/graph-size.ts';
import { operators } from './checks/operators.ts';
import { runtimeBombs } from './checks/runtime-bombs.ts';
import { sparseIndices } from './checks/sparse-indices.ts';
import { tensorSize } from './checks/tensor-size.ts';
import { texts } from './checks/texts.ts';
import { unknownFields } from './checks/unknown-fields.ts';

export const MODEL_CHECKS: readonly ModelCheck[] = [
  externalData,
  tensorSize,
  sparseIndices,
  duplicateInitializers,
  graphSize,
  operators,
  functions,
  runtimeBombs,
  endlessLoops,
  attributes,
  texts,
  unknownFields,
];
