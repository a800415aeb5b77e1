/** What nimify does with a model from elsewhere, without running it; every step may refuse, and none may fall over. */
import { analyzeModel } from '../../../src/analysis/analyze.ts';
import { NimifyError } from '../../../src/base/errors.ts';
import { diffNodes } from '../../../src/diff/nodes.ts';
import { diffOperators } from '../../../src/diff/operators.ts';
import { cleanUp } from '../../../src/onnx/clean-up/clean-up.ts';
import { encodedBytes, encodeModel } from '../../../src/onnx/encode.ts';
import { EXTERNAL_RANGE } from '../../../src/onnx/external-data.ts';
import { allTensors } from '../../../src/onnx/graph.ts';
import { type OnnxModel, openModel, parseModel } from '../../../src/onnx/open.ts';
import { upgradeOpset } from '../../../src/onnx/opset-upgrade/upgrade.ts';
import { LAYOUT } from '../../../src/onnx/proto.ts';
import { loadTensor } from '../../../src/onnx/tensor.ts';
import { scanPath } from '../../../src/scanner/scan.ts';

const PLAN = { tritonTag: '26.07', gpus: 1, maxBatchSize: 8 };

/** `accepted`, or the code with which the model was refused. @throws what nimify must never throw */
export async function checkCase(path: string): Promise<string> {
  await scanPath(path);
  try {
    const model = openModel(path);
    await useModel(model);
    return 'accepted';
  } catch (error) {
    if (error instanceof NimifyError && error.code !== 'BUG') return error.code;
    throw error;
  }
}

async function useModel(model: OnnxModel): Promise<void> {
  const { proto } = model;
  const { signal } = new AbortController();
  await analyzeModel(model, { sha256: null, signal, canLoad: false, plan: PLAN });
  for (const tensor of allTensors(proto)) mayRefuse(() => loadTensor(tensor));
  const again = writtenAndRead(proto);
  mayRefuse(() => encodeModel(cleanUp(again).model));
  mayRefuse(() => encodeModel(upgradeOpset(again, 21)));
  diffNodes(proto, again);
  diffOperators(proto, again);
}

/** @throws Error when the file that is written does not hold the model that was read */
function writtenAndRead(proto: OnnxModel['proto']): OnnxModel['proto'] {
  const bytes = encodedBytes(encodeModel(proto));
  const again = parseModel(bytes);
  const twice = encodedBytes(encodeModel(again));
  if (!Buffer.from(bytes).equals(twice)) throw new Error('writing twice gives other bytes');
  const difference = firstDifference(proto, again, 'model');
  if (difference !== undefined) throw new Error(`what was written reads differently: ${difference}`);
  return again;
}

function mayRefuse(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    if (!(error instanceof NimifyError) || error.code === 'BUG') throw error;
  }
}

type Fields = Record<string | symbol, unknown>;

/** The way to the first value that differs; the order of fields may. */
function firstDifference(a: unknown, b: unknown, way: string): string | undefined {
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.from(a).equals(b) ? undefined : way;
  if (Array.isArray(a) && Array.isArray(b)) {
    if (a.length !== b.length) return `${way}.length`;
    for (const [index, value] of a.entries()) {
      const found = firstDifference(value, b[index], `${way}[${index}]`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (typeof a === 'object' && typeof b === 'object' && a !== null && b !== null) {
    return differenceOfMessages(a as Fields, b as Fields, way);
  }
  return Object.is(a, b) ? undefined : way;
}

/** A payload that lies in a file is compared with the bytes of the other one where that is short; else by its length. */
function differenceOfMessages(a: Fields, b: Fields, way: string): string | undefined {
  if (typeof a.path === 'string' && typeof a.offset === 'number') {
    return a.length === b.length ? undefined : `${way}.length`;
  }
  const keys = new Set([...Reflect.ownKeys(a), ...Reflect.ownKeys(b)]);
  for (const key of keys) {
    if (key === LAYOUT || key === EXTERNAL_RANGE) continue;
    const found = firstDifference(a[key], b[key], `${way}.${String(key)}`);
    if (found !== undefined) return found;
  }
  return undefined;
}
