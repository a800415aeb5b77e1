/** Which rules there are: one line for each table. */
import type { OperatorRules } from '../outputs.ts';
import type { RuleTable } from '../types.ts';
import { VALUE_RULES } from '../values/registry.ts';
import { CONSTANTS } from './constants.ts';
import { ELEMENTWISE } from './elementwise.ts';
import { MATRICES } from './matrices.ts';

/** Operator domain (`''` is the default one) and its rules. */
const TABLES: readonly (readonly [string, RuleTable])[] = [
  ['', CONSTANTS],
  ['', ELEMENTWISE],
  ['', MATRICES],
];

const RULES = new Map<string, OperatorRules>(
  TABLES.flatMap(([domain, table]) =>
    Object.entries(table).map(([operator, types]) => {
      const value = domain === '' ? VALUE_RULES.get(operator) : undefined;
      return [`${domain}:${operator}`, { types, value }] as const;
    }),
  ),
);

/** Undefined for an operator that nobody wrote a rule for. */
export function ruleOf(domain: string, operator: string): OperatorRules | undefined {
  return RULES.get(`${domain}:${operator}`);
}
