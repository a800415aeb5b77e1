/** The checks that `nimify analyze` runs, in the order of its report. */
import type { Check } from './check.ts';
import { alreadyQuantized } from './checks/already-quantized.ts';
import { controlFlow } from './checks/control-flow.ts';
import { customDomain } from './checks/custom-domain.ts';
import { dynamicShapes } from './checks/dynamic-shapes.ts';
import { graphBroken } from './checks/graph-broken.ts';
import { initializerInputs } from './checks/initializer-inputs.ts';
import { irVersion } from './checks/ir-version.ts';
import { opsetVersion } from './checks/opset-version.ts';
import { sequenceState } from './checks/sequence-state.ts';
import { unnamedNodes } from './checks/unnamed-nodes.ts';
import { weights } from './checks/weights.ts';

export const CHECKS: readonly Check[] = [
  graphBroken,
  customDomain,
  irVersion,
  opsetVersion,
  alreadyQuantized,
  weights,
  dynamicShapes,
  controlFlow,
  sequenceState,
  initializerInputs,
  unnamedNodes,
];
