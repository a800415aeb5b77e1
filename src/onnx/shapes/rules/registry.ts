/** Which rules there are: one line for each table. */
import type { OperatorRules } from '../outputs.ts';
import type { RuleTable } from '../types.ts';
import { VALUE_RULES } from '../values/registry.ts';
import { ATTENTION, PREVIEW_ATTENTION } from './attention.ts';
import { CLASSICAL_ML } from './classical-ml.ts';
import { CONSTANTS } from './constants.ts';
import { CONTRIB_ATTENTION } from './contrib/attention.ts';
import { CONTRIB_DEFAULT_DOMAIN, CONTRIB_FUSED } from './contrib/fused.ts';
import { CONTRIB_OTHERS } from './contrib/others.ts';
import { CONTRIB_QUANTIZED } from './contrib/quantized.ts';
import { CONTROL_FLOW } from './control-flow.ts';
import { CONVOLUTION } from './convolution.ts';
import { EINSUM } from './einsum.ts';
import { ELEMENTWISE } from './elementwise.ts';
import { INDEXING } from './indexing.ts';
import { JOINING } from './joining.ts';
import { MATRICES } from './matrices.ts';
import { NORMALIZATION } from './normalization.ts';
import { POOLING } from './pooling.ts';
import { QUANTIZED } from './quantized.ts';
import { RANDOM } from './random.ts';
import { RECURRENT } from './recurrent.ts';
import { REDUCTIONS } from './reductions.ts';
import { RESHAPING } from './reshaping.ts';
import { RESIZING } from './resizing.ts';
import { SELECTING } from './selecting.ts';
import { SEQUENCES } from './sequences.ts';
import { SIGNAL } from './signal.ts';
import { STRINGS } from './strings.ts';
import { LOSSES, OPTIMIZERS } from './training.ts';
import { VISION } from './vision.ts';

/** Operator domain (`''` is the default one) and its rules. */
export const RULE_TABLES: readonly (readonly [string, RuleTable])[] = [
  ['', CONSTANTS],
  ['', CONTROL_FLOW],
  ['', CONVOLUTION],
  ['', EINSUM],
  ['', ELEMENTWISE],
  ['', INDEXING],
  ['', JOINING],
  ['', MATRICES],
  ['', NORMALIZATION],
  ['', POOLING],
  ['', QUANTIZED],
  ['', RECURRENT],
  ['', REDUCTIONS],
  ['', RESHAPING],
  ['', RESIZING],
  ['', ATTENTION],
  ['', LOSSES],
  ['', RANDOM],
  ['', SELECTING],
  ['', SEQUENCES],
  ['', SIGNAL],
  ['', STRINGS],
  ['', VISION],
  ['ai.onnx.ml', CLASSICAL_ML],
  ['ai.onnx.preview', PREVIEW_ATTENTION],
  ['ai.onnx.preview.training', OPTIMIZERS],
  ['', CONTRIB_DEFAULT_DOMAIN],
  ['com.microsoft', CONTRIB_ATTENTION],
  ['com.microsoft', CONTRIB_FUSED],
  ['com.microsoft', CONTRIB_OTHERS],
  ['com.microsoft', CONTRIB_QUANTIZED],
];

const RULES = new Map<string, Map<string, OperatorRules>>();

for (const [domain, table] of RULE_TABLES) {
  const rules = RULES.get(domain) ?? new Map<string, OperatorRules>();
  RULES.set(domain, rules);
  for (const [operator, types] of Object.entries(table)) {
    rules.set(operator, { types, value: domain === '' ? VALUE_RULES.get(operator) : undefined });
  }
}

/** Undefined for an operator that nobody wrote a rule for. */
export function ruleOf(domain: string, operator: string): OperatorRules | undefined {
  return RULES.get(domain)?.get(operator);
}
