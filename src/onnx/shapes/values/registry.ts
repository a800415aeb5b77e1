/** Operators that sizes are calculated with, and how their elements follow from those of their inputs. */
import type { ValueRule } from '../types.ts';
import { ARITHMETIC } from './arithmetic.ts';
import { LAYOUT_VALUES } from './layout.ts';
import { REDUCTION_VALUES } from './reductions.ts';
import { SOURCES } from './sources.ts';

/** Operator of the default domain → rule. */
export const VALUE_RULES: ReadonlyMap<string, ValueRule> = new Map(
  [ARITHMETIC, LAYOUT_VALUES, REDUCTION_VALUES, SOURCES].flatMap((table) => Object.entries(table)),
);
