import { describe, expect, test } from 'vitest';
import { processor } from '../../src/base/processor.ts';
import { makeConfig } from '../../src/config/make-config.ts';
import { QUANTIZERS } from '../../src/quantization/registry.ts';
import { refusal, TARGETS } from '../../src/quantization/targets.ts';

const { quantization } = makeConfig();
const ids = QUANTIZERS.map(({ id }) => id);

describe.each(Object.entries(TARGETS))('the target %s', (name, { suits, refused }) => {
  test('names methods that there are, and refuses none that suits it', () => {
    for (const method of [...suits, ...Object.keys(refused)]) expect(ids).toContain(method);
    expect(suits.filter((method) => method in refused)).toEqual([]);
    expect(suits.length).toBeGreaterThan(0);
  });

  test('says why it refuses', () => {
    for (const method of Object.keys(refused))
      expect(refusal(name as 'cpu', method, quantization)).toMatch(/^it is not for .*: .{20,}[^.]$/);
    expect(refusal(name as 'cpu', suits[0] as string, quantization)).toBeUndefined();
  });
});

describe('the processor', () => {
  const settings = (facts: ReturnType<typeof processor>) => TARGETS.cpu.settings(facts);

  test('asks for 7-bit weights where it saturates sums of products', () => {
    expect(settings(processor('x64', () => 'flags\t\t: fpu avx2 fma\n'))).toEqual({ reduceRange: true });
  });

  test.each(['avx512_vnni', 'avx_vnni'])('does not with %s', (flag) => {
    expect(settings(processor('x64', () => `flags : avx2 ${flag} fma`))).toEqual({});
  });

  test('does not where nobody says', () => {
    const missing = () => {
      throw new Error('ENOENT');
    };
    expect(settings(processor('x64', missing))).toEqual({});
  });

  test('has signed activations on ARM', () => {
    expect(settings(processor('arm64', () => 'Features : fp asimd'))).toEqual({ activationType: 'int8' });
  });
});
