import { describe, expect, test } from 'vitest';
import { makeConfig } from '../../src/config/make-config.ts';
import { configSchema } from '../../src/config/schema.ts';

describe('a configuration made by a program', () => {
  test('has the defaults where nothing is said, and the data folder of the environment', () => {
    const { dataFolder, given, ...rest } = makeConfig({}, { NIMIFY_HOME: '/data/nimify' });
    expect(dataFolder).toBe('/data/nimify');
    expect(given).toEqual([]);
    const { dataFolder: _none, ...defaults } = configSchema.parse({});
    expect(rest).toEqual(defaults);
  });

  test('keeps the other settings of a section of which one is given', () => {
    const { quantization } = makeConfig({ quantization: { perChannel: false } });
    expect(quantization.perChannel).toBe(false);
    expect(quantization.seed).toBe(0);
  });

  test('knows what was given, be it the default or not', () => {
    const { given } = makeConfig({ quantization: { weightBits: 4, seed: undefined as never }, dataFolder: '/data' });
    expect(given).toEqual(['dataFolder', 'quantization.weightBits']);
  });

  test('tells every problem at once', () => {
    const values = { quantization: { perChannel: 'no' }, service: { maxBatchSize: 0 }, speed: 1 } as object;
    expect(() => makeConfig(values)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        details: {
          problems: [
            expect.stringContaining('maxBatchSize'),
            expect.stringContaining('perChannel'),
            expect.stringContaining('speed'),
          ],
        },
      }),
    );
  });
});
