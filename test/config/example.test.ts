import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { exampleConfig } from '../../src/config/example.ts';
import { configJsonSchema, configSchema } from '../../src/config/schema.ts';
import { SETTING_ENTRIES } from '../../src/config/settings.ts';

describe('what is made from the table of settings', () => {
  test('the example file is the one in the repository', async () => {
    await expect(exampleConfig({ isCommented: false })).toMatchFileSnapshot('../../nimify.config.example.yaml');
  });

  test('the example file says the defaults and nothing else', () => {
    const text = readFileSync(new URL('../../nimify.config.example.yaml', import.meta.url), 'utf8');
    expect(parse(text)).toEqual(configSchema.parse({}));
  });

  test('the commented file changes nothing and names every setting', () => {
    const text = exampleConfig({ isCommented: true });
    expect(Object.values(parse(text) as object).every((section) => section === null)).toBe(true);
    for (const entry of SETTING_ENTRIES) expect(text).toContain(entry.envName);
  });

  test('the JSON Schema refuses unknown keys and carries defaults, limits and descriptions', () => {
    const schema = configJsonSchema() as { properties: Record<string, { properties: Record<string, unknown> }> };
    expect(schema).toMatchObject({ additionalProperties: false, title: 'nimify configuration' });
    expect(schema.properties.service?.properties.maxBatchSize).toEqual({
      default: 8,
      description: 'Largest batch that the server may form.',
      flag: '--max-batch-size',
      maximum: 4096,
      minimum: 1,
      type: 'integer',
    });
  });

  test('flags and environment names are unique', () => {
    const flags = SETTING_ENTRIES.flatMap((entry) => entry.setting.flag ?? []);
    const names = SETTING_ENTRIES.map((entry) => entry.envName);
    expect(new Set(flags).size).toBe(flags.length);
    expect(new Set(names).size).toBe(names.length);
  });
});
