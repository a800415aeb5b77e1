import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import { type ConfigValues, makeConfig } from '../../src/config/make-config.ts';
import { pipelineDeps } from '../../src/pipeline/deps.ts';
import { forTarget, methodsOf, presetOf, refusalOf } from '../../src/pipeline/target.ts';

type Given = NonNullable<ConfigValues['quantization']>;
const settingsOf = (quantization: Given) => forTarget(pipelineDeps(makeConfig({ quantization }))).config.quantization;
const X64 = { architecture: 'x64', hasVnni: true } as const;
const AVX2 = { architecture: 'x64', hasVnni: false } as const;
const ARM = { architecture: 'arm64', hasVnni: null } as const;

describe('the preset of a target', () => {
  test('sets what nobody set', () => {
    expect(settingsOf({ target: 'tensorrt' })).toMatchObject({ activationType: 'int8', quantizeBias: false });
    expect(settingsOf({ target: 'any' })).toMatchObject({ activationType: 'uint8', quantizeBias: true });
  });

  test('gives way to what a program sets, be it the default', () => {
    expect(settingsOf({ target: 'edge', weightBits: 8 }).weightBits).toBe(8);
    const settings = settingsOf({ target: 'tensorrt', activationType: 'uint8', quantizeBias: true });
    expect(settings).toMatchObject({ activationType: 'uint8', quantizeBias: true, quantizeOutputs: false });
  });

  test('follows the processor', () => {
    const config = makeConfig({ quantization: { target: 'cpu' } });
    expect(presetOf(config, X64)).toEqual({});
    expect(presetOf(config, AVX2)).toEqual({ reduceRange: true });
    expect(presetOf(config, ARM)).toEqual({ activationType: 'int8' });
    expect(presetOf(makeConfig({ quantization: { target: 'cpu', reduceRange: false } }), AVX2)).toEqual({});
  });

  describe('gives way to', () => {
    let cwd: string;
    beforeEach(() => {
      cwd = mkdtempSync(join(tmpdir(), 'nimify-target-'));
    });
    afterEach(() => rmSync(cwd, { recursive: true, force: true }));
    const weightBits = async (request: Partial<Parameters<typeof loadConfig>[0]>) => {
      const { config } = await loadConfig({ cwd, env: {}, homeFolder: cwd, ...request });
      return forTarget(pipelineDeps(config)).config.quantization.weightBits;
    };
    const target = { 'quantization.target': 'edge' } as const;

    test('a flag', async () => {
      expect(await weightBits({ flags: { ...target, 'quantization.weightBits': '8' } })).toBe(8);
    });

    test('the environment', async () => {
      expect(await weightBits({ flags: target, env: { NIMIFY_QUANTIZATION_WEIGHT_BITS: '8' } })).toBe(8);
    });

    test('the file', async () => {
      writeFileSync(join(cwd, 'nimify.config.yaml'), 'quantization: {weightBits: 8}\n');
      expect(await weightBits({ flags: target })).toBe(8);
    });

    test('none of them, where they say nothing of it', async () => {
      expect(await weightBits({ flags: { ...target, 'quantization.seed': '1' } })).toBe(4);
    });
  });
});

describe('methods of a target', () => {
  test('static-int8 and float16 are tried for TensorRT, and not refused', () => {
    const config = makeConfig({ quantization: { target: 'tensorrt', methods: ['weight-only'] } });
    expect(methodsOf(config)).toEqual(['weight-only', 'static-int8', 'float16']);
    expect(refusalOf(config, 'static-int8')).toBeUndefined();
    expect(refusalOf(config, 'weight-only')).toMatch(/TensorRT does not import MatMulNBits/);
  });

  test('weight-only is for TensorRT in the form that its preset gives, and in no other', () => {
    const withPreset = (quantization: Given) => {
      const config = makeConfig({ quantization: { target: 'tensorrt', ...quantization } });
      return { ...config, quantization: { ...config.quantization, ...presetOf(config) } };
    };
    expect(refusalOf(withPreset({}), 'weight-only')).toBeUndefined();
    expect(refusalOf(withPreset({ weightForm: 'matmulnbits' }), 'weight-only')).toMatch(/--weight-form qdq/);
    expect(refusalOf(withPreset({ weightBits: 8 }), 'weight-only')).toMatch(/have 4 bits/);
    expect(refusalOf(withPreset({ weightSymmetric: false }), 'weight-only')).toMatch(/no zero points but 0/);
    expect(refusalOf(withPreset({ blockSize: 32 }), 'weight-only')).toMatch(/64 or 128/);
    expect(refusalOf(withPreset({ blockSize: 64 }), 'weight-only')).toBeUndefined();
  });

  test.each(['cuda', 'tensorrt'] as const)('bfloat16 gains nothing on %s, unless somebody insists', (target) => {
    expect(refusalOf(makeConfig({ quantization: { target } }), 'bfloat16')).toMatch(/float32 again/);
    expect(refusalOf(makeConfig({ quantization: { target, insist: true } }), 'bfloat16')).toBeUndefined();
  });

  test('bfloat16 is tried for small machines, where half the file counts', () => {
    expect(methodsOf(makeConfig({ quantization: { target: 'edge' } }))).toContain('bfloat16');
  });
});
