import { configJsonSchema } from '../../config/schema.ts';
import type { CommandOutcome } from '../command-spec.ts';

export async function run(): Promise<CommandOutcome> {
  const schema = configJsonSchema();
  return { result: schema, report: () => `${JSON.stringify(schema, null, 2)}\n` };
}
