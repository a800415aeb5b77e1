/** The report of `nimify analyze`: what it says of costs, and that it fits. */
import { describe, expect, test } from 'vitest';
import type { CostFacts, DeviceMemory, NodeCost } from '../../src/analysis/costs/facts.ts';
import type { Analysis } from '../../src/analysis/facts.ts';
import { analyzeReport } from '../../src/ui/report/analyze.ts';
import { FINDINGS, PLAIN, tooWide } from './samples.ts';

const node = (name: string, operator: string, macs: number | null, parameters = 0, place: string[] = []): NodeCost => ({
  node: name,
  operator,
  place,
  macs,
  flops: macs,
  parameterCount: parameters,
  parameterBytes: parameters * 4,
  outputBytes: 100,
  reason: null,
});

const device = (precision: DeviceMemory['precision'], batch: number, totalBytes: number): DeviceMemory => ({
  precision,
  batch,
  weightBytes: 0,
  activationBytes: 0,
  kvCacheBytes: 0,
  totalBytes,
});

function costs(changes: Partial<CostFacts> = {}): CostFacts {
  return {
    bindings: { batch: 1, sequence: 128 },
    assumed: ['batch', 'sequence'],
    macs: 98_900_000,
    flops: 210_000_000,
    parameterCount: 307_620,
    parameterBytes: 1_230_480,
    activationBytes: 37_534_912,
    peakActivationBytes: 4_608_000,
    peakNode: 'Conv_6',
    liveBytes: [4_608_000],
    arithmeticIntensity: 2.716,
    kvCache: null,
    deviceMemory: [
      device('float32', 1, 5_838_480),
      device('float16', 1, 2_919_240),
      device('int8', 1, 4_915_000),
      device('int4', 1, 5_838_480),
      device('float32', 8, 38_000_000),
      device('float16', 8, 19_000_000),
      device('int8', 8, 37_000_000),
      device('int4', 8, 38_000_000),
    ],
    nodes: [
      node('Conv_6', 'Conv', 9_830_000, 512),
      node('backbone.stage1.block0.downsample.projection.conv', 'Conv', 8_290_000, 432),
      node('fc', 'Gemm', 80_780_000, 300_000),
      node('Relu_1', 'Relu', 0),
      node('Add_3', 'Add', 0, 6676),
    ],
    certainty: { macs: 'exact' },
    ...changes,
  };
}

function analysis(changes: Partial<Analysis> = {}): Analysis {
  return {
    model: { path: '/models/face.onnx', sizeBytes: 1_270_747, sha256: 'a'.repeat(64) },
    externalFiles: [],
    irVersion: 8,
    opsets: { 'ai.onnx': 17 },
    producer: { name: 'pytorch', version: '2.1' },
    inputs: [{ name: 'input_ids', dataType: 'int64', shape: ['batch', 'sequence'] }],
    outputs: [{ name: 'logits', dataType: 'float32', shape: ['batch', 2] }],
    nodeCount: 5,
    subgraphCount: 0,
    functionCount: 0,
    operators: { Conv: 2, Add: 1, Gemm: 1, Relu: 1 },
    parameterCount: 307_620,
    weightBytes: 1_230_480,
    weightBytesByType: { float32: 1_230_480 },
    weightsIn: { initializers: 307_620, constants: 0 },
    isQuantized: false,
    macs: 98_900_000,
    memory: { weightBytes: 1_230_480, peakActivationBytes: 4_608_000 },
    costs: costs(),
    shapes: {},
    subgraphShapes: [],
    compatibility: [],
    deep: null,
    findings: [],
    ...changes,
  };
}

const report = (changes: Partial<CostFacts> | null = {}, more: Partial<Analysis> = {}): string =>
  analyzeReport(PLAIN, analysis({ ...more, costs: changes === null ? null : costs(changes) }), []);

describe('the report of an analysis', () => {
  test('shows totals, where they are, and what a device needs', () => {
    expect(report()).toMatchSnapshot();
  });

  test.each([60, 80, 200])('fits a terminal of %i columns', (columns) => {
    const text = analyzeReport({ ...PLAIN, columns }, analysis(), FINDINGS);
    expect(tooWide(text, columns)).toEqual([]);
  });

  test('open dims: what to type instead of a guess', () => {
    const certainty = { macs: 'not known: bind height, x:3' };
    const text = report({ macs: null, flops: null, peakActivationBytes: null, deviceMemory: [], certainty });
    expect(text).toContain('Compute  not known: give sizes with --bind height=…,x:3=…');
    expect(text).not.toMatch(/Memory|null|NaN/);
  });

  test('a figure that is not exact says so', () => {
    const certainty = { macs: 'at least: without node Loop_3 whose work is not known' };
    expect(report({ certainty })).toMatch(/98\.9 M MACs .*\(at least: without\s+node Loop_3 whose work is not known\)/);
  });

  test('sizes: which are assumed, and none for a model of fixed shapes', () => {
    expect(report()).toContain('batch 1 · sequence 128 (assumed; --bind sets others)');
    expect(report({ assumed: ['batch'] })).toContain('batch 1 · sequence 128 (batch assumed; --bind sets others)');
    expect(report({ assumed: [] })).toMatch(/Sizes {4}batch 1 · sequence 128\n/);
    expect(report({ bindings: {}, assumed: [] })).not.toContain('Sizes');
  });

  test('a cache of keys and values by the token', () => {
    const kvCache = {
      layers: 32,
      heads: 8,
      headSize: 128,
      dataType: 'float16' as const,
      bytesPerToken: 131_072,
      source: 'inputs past_key_values.0.key, …',
    };
    expect(report({ kvCache })).toContain('KV cache  128 KiB per token: 32 layers × 8 heads × 128, float16');
  });

  test('the inputs of a decoder of many layers are counted, not listed', () => {
    const inputs = Array.from({ length: 66 }, (_, index) => ({ name: `past.${index}`, dataType: null, shape: null }));
    expect(report({}, { inputs })).toMatch(/past\.5 .*\n {2}and 60 more; --json lists all/);
    expect(report({}, { inputs: inputs.slice(0, 12) })).toContain('past.11');
  });

  test('work in branches stands where it is, not at the If that holds them', () => {
    const nodes = [
      node('choice', 'If', 90, 10),
      node('a', 'Conv', 90, 6, ['choice.then_branch']),
      node('b', 'Conv', 10, 4, ['choice.else_branch']),
    ];
    const text = report({ nodes }, { operators: { Conv: 2, If: 1 } });
    expect(text).toMatch(/Conv +2 +100\.0 %/);
    expect(text).toMatch(/a {2}Conv +90 {2}90\.0 %/);
    expect(text).toMatch(/\n {2}If.1\n/);
  });

  test('without costs it still lists the operators', () => {
    const text = report(null);
    expect(text).toContain('Compute  not known: shapes are not known');
    expect(text).toMatch(/Operators\n {2}Conv.2 · Add.1 · Gemm.1 · Relu.1/);
  });
});
