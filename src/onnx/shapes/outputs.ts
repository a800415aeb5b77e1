/** Applies the rule of an operator and checks what it says. */
import type { Call, Known } from './call.ts';
import { hasNumbers, MAX_ELEMENTS } from './constants.ts';
import { isTensor } from './declared.ts';
import { type Element, MAX_RANK, type Rule, type Value, type ValueRule, type ValueType } from './types.ts';

export interface OperatorRules {
  readonly types: Rule;
  /** Only for operators that sizes are calculated with. */
  readonly value?: ValueRule | undefined;
}

/** @throws Contradiction when the node cannot be as it stands */
export function outputsOf(call: Call, rules: OperatorRules): readonly Known[] {
  const types = rules.types(call);
  const found: Known[] = [];
  for (let output = 0; output < types.length; output += 1) {
    const type = types[output] ?? null;
    checkDims(type, call);
    found.push({ type, value: rules.value === undefined ? null : elementsOf(call, type, rules.value, output) });
  }
  return found;
}

function checkDims(type: ValueType | null, call: Call): void {
  if (type !== null && 'element' in type) checkDims(type.element, call);
  if (!isTensor(type) || type.shape === null) return;
  if (type.shape.length > MAX_RANK) call.fail(`its output would have ${type.shape.length} axes`);
  for (const dim of type.shape) {
    if (typeof dim === 'number' && (dim < 0 || !Number.isSafeInteger(dim)))
      call.fail(`its output would have a dim of ${dim}`);
  }
}

function elementsOf(call: Call, type: ValueType | null, rule: ValueRule, output: number): Value | null {
  if (type?.kind !== 'tensor' || type.dataType === null || !hasNumbers(type.dataType)) return null;
  if (!type.shape?.every((dim) => typeof dim === 'number')) return null;
  const dims = type.shape as readonly number[];
  const count = dims.reduce((total, dim) => total * dim, 1);
  if (count > MAX_ELEMENTS) return null;
  const elements = rule(call, dims, type.dataType, output);
  return elements?.length === count && elements.some(isKnown) ? { dims, elements } : null;
}

function isKnown(element: Element): boolean {
  return element !== null;
}
