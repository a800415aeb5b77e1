/** Every rule of the scanner, by its id. Ids are stable: reports, `--allow` and SARIF name them. */
import type { RuleFacts } from '../rule.ts';
import { EXTERNAL_DATA_RULES } from './external-data.ts';
import { FOLDER_RULES } from './folder.ts';
import { MODEL_RULES } from './model.ts';

const TABLE = { ...EXTERNAL_DATA_RULES, ...MODEL_RULES, ...FOLDER_RULES } as const;

export type RuleId = keyof typeof TABLE;

export const RULES: Readonly<Record<RuleId, RuleFacts>> = TABLE;
