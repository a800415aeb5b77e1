/** Results as the use cases give them, for the reports. */
import type { Finding } from '../../src/base/findings.ts';
import { finding } from '../../src/base/findings.ts';
import type { Evaluation } from '../../src/evaluation/evaluation.ts';
import type { Candidate, CreateResult } from '../../src/pipeline/requests.ts';
import type { Style } from '../../src/ui/style.ts';

export const PLAIN: Style = { columns: 80, isTty: true, hasColour: false, hasUnicode: true };

/** The report may not be wider than the terminal; words that cannot be broken are let through. */
export function tooWide(text: string, columns: number): string[] {
  return text.split('\n').filter((line) => [...line].length > columns && line.trim().includes(' '));
}

export function evaluation(changes: Partial<Evaluation> = {}): Evaluation {
  return {
    overallSqnrDb: 31.24,
    outputs: [
      {
        name: 'scores',
        sqnrDb: 31.24,
        isEqual: false,
        cosine: 0.99961,
        maxAbsError: 0.0312,
        top1Agreement: 0.9957,
        notFinite: 0,
      },
      {
        name: 'boxes',
        sqnrDb: 28.5,
        isEqual: false,
        cosine: 0.99931,
        maxAbsError: 0.0412,
        top1Agreement: null,
        notFinite: 0,
      },
    ],
    latency: {
      original: { p50Ms: 8.41, p95Ms: 9.02 },
      candidate: { p50Ms: 5.13, p95Ms: 5.5 },
      speedup: 1.64,
      threads: 1,
      runs: 30,
    },
    size: { originalBytes: 1_270_747, candidateBytes: 391_233, ratio: 0.3079 },
    samples: 11,
    data: { origin: './photos', digest: 'd1', isRandom: false, preparation: 'image: RGB, 320×240, (x − 127) / 128' },
    accuracy: null,
    ...changes,
  };
}

const RECIPE = {
  method: 'static-int8',
  precision: 'int8',
  options: {},
  calibration: { origin: './photos', digest: 'd0', samples: 11, isRandom: false },
  opset: 13,
  quantizedNodes: { Conv: 51 },
} as const;

const CANDIDATES: readonly Candidate[] = [
  { id: 'original', status: 'measured', sizeBytes: 1_270_747, sha256: 'a'.repeat(64), isWithinBudget: true },
  {
    id: 'static-int8',
    status: 'measured',
    sizeBytes: 391_233,
    sha256: 'b'.repeat(64),
    recipe: RECIPE,
    evaluation: evaluation(),
    isWithinBudget: true,
  },
  {
    id: 'dynamic-int8',
    status: 'measured',
    sizeBytes: 420_000,
    evaluation: evaluation({ outputs: [{ ...evaluation().outputs[0]!, sqnrDb: 9.1, top1Agreement: 0.71 }] }),
    isWithinBudget: false,
    reason: 'output scores has a signal-to-noise ratio of 9.1 dB, 15.0 dB are asked for',
  },
  { id: 'float16', status: 'skipped', reason: 'the model has no float32 weights' },
  { id: 'weight-int4', status: 'failed', reason: 'ONNX Runtime refuses the model: no kernel for MatMulNBits.' },
];

export function createResult(changes: Partial<CreateResult> = {}): CreateResult {
  const file = (id: string, path: string) => ({ id, path, sha256: 'c'.repeat(64), sizeBytes: 1200 });
  return {
    service: { name: 'ultraface', path: '/work/ultraface' },
    artifacts: [
      file('triton', 'models/ultraface/config.pbtxt'),
      file('docker', 'Dockerfile'),
      file('docker', '.dockerignore'),
      file('helm', 'chart/Chart.yaml'),
      file('helm', 'chart/values.yaml'),
      file('helm', 'chart/templates/deployment.yaml'),
      file('helm', 'chart/templates/service.yaml'),
    ],
    candidates: CANDIDATES,
    chosen: 'static-int8',
    reason: 'Candidate static-int8 is 1.64× as fast and 30.8 % of the size, within the budget.',
    sizing: null,
    versionId: 'ultraface@3',
    isDryRun: false,
    ...changes,
  };
}

export const FINDINGS: readonly Finding[] = [
  finding('OPSET_OLD', { version: 9, needed: 13 }),
  finding('DATA_FEW_SAMPLES', { samples: 11, enough: 32 }, './photos'),
  finding(
    'ARTIFACT_INVALID',
    { artifact: 'triton', file: 'config.pbtxt', problem: 'max_batch_size is negative' },
    'config.pbtxt:3',
  ),
];
