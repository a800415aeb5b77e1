/** The passes of the clean-up in their order: each makes work for those behind it. */
import { batchNormalization } from './batch-normalization.ts';
import { constants } from './constants.ts';
import { dead } from './dead.ts';
import { duplicates } from './duplicates.ts';
import { identities } from './identities.ts';
import { initializerInputs } from './initializer-inputs.ts';
import { nodeNames } from './node-names.ts';
import type { Pass } from './pass.ts';

export const PASSES: readonly Pass[] = [
  nodeNames,
  initializerInputs,
  constants,
  identities,
  batchNormalization,
  duplicates,
  dead,
];
