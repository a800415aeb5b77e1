/**
 * `nimify quantize --method weight-only` beside MatMulNBitsQuantizer of onnxruntime for Python: a decoder of a billion
 * parameters in external data, 4 bits, blocks of 128, with zero points (the default of the reference).
 * Run: ONNX_PYTHON=/path/to/python npm run bench:weight-only [rounds]. Takes 6 GB of disk.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatBytes, formatMs } from '../../../src/base/units.ts';
import { tiles } from '../../../src/onnx/bytes.ts';
import { rawValues } from '../../../src/onnx/external/raw-values.ts';
import { type OnnxModel, openModel } from '../../../src/onnx/open.ts';
import { type Measured, measure, median } from '../large-models/child.ts';
import { writeDecoder } from './decoder.ts';

const ROUNDS = Number(process.argv[2] ?? 1);
const PYTHON = process.env.ONNX_PYTHON;
const LAUNCHER = fileURLToPath(new URL('../../../bin/nimify.js', import.meta.url));
const REFERENCE = fileURLToPath(new URL('weight_only.py', import.meta.url));

function ours(model: string, output: string): Promise<Measured> {
  const env = ['NIMIFY_QUANTIZATION_WEIGHT_SYMMETRIC=false', 'NIMIFY_QUANTIZATION_ACCURACY_LEVEL=0'];
  const words = [
    'quantize',
    model,
    '--method',
    'weight-only',
    '--block-size',
    '128',
    '--skip-evaluation',
    '-o',
    output,
  ];
  return measure('env', [...env, process.execPath, LAUNCHER, ...words, '--force']);
}

/** Tensors of the reference that ours has with the same bytes, and all of them. */
function equalTensors(reference: OnnxModel, found: OnnxModel): { equal: number; all: number; differing: string[] } {
  const mine = new Map(found.proto.graph.initializer.map((tensor) => [tensor.name, tensor]));
  const made = reference.proto.graph.initializer.filter(({ name }) => /_(Q4|scales|zero_points)$/.test(name ?? ''));
  const differing = made.filter((tensor) => {
    const other = mine.get(tensor.name);
    return other === undefined || !isSame(rawValues(tensor), rawValues(other));
  });
  return {
    equal: made.length - differing.length,
    all: made.length,
    differing: differing.map(({ name }) => name ?? ''),
  };
}

function isSame(a: ReturnType<typeof rawValues>, b: ReturnType<typeof rawValues>): boolean {
  if (a === undefined || b === undefined || a.sizeBytes !== b.sizeBytes) return false;
  const others = tiles(b.source)[Symbol.iterator]();
  for (const tile of tiles(a.source)) if (Buffer.compare(tile, others.next().value as Uint8Array) !== 0) return false;
  return true;
}

const show = (name: string, { durationMs, peakBytes }: Measured): void =>
  console.log(`${name.padEnd(22)}${formatMs(durationMs).padStart(10)}${formatBytes(peakBytes ?? 0).padStart(12)}`);

const folder = mkdtempSync(join(tmpdir(), 'nimify-bench-'));
try {
  const [model, output, theirs] = ['decoder.onnx', 'ours/q.onnx', 'theirs.onnx'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const parameters = await writeDecoder(model);
  console.log(`${(parameters / 1e9).toFixed(2)} billion parameters, float32, external data; median of ${ROUNDS}`);
  const runs: { ours: Measured[]; reference: Measured[] } = { ours: [], reference: [] };
  for (let round = 0; round < ROUNDS; round += 1) {
    if (PYTHON !== undefined) {
      for (const path of [theirs, `${theirs}.data`]) rmSync(path, { force: true });
      runs.reference.push(await measure(PYTHON, [REFERENCE, model, theirs]));
    }
    runs.ours.push(await ours(model, output));
  }
  const mine = median(runs.ours);
  show('nimify', mine);
  if (PYTHON === undefined) console.log('Set ONNX_PYTHON to a Python with onnxruntime and onnx to compare with it.');
  else {
    const reference = median(runs.reference);
    show('onnxruntime (Python)', reference);
    const memory = (mine.peakBytes ?? 0) / (reference.peakBytes ?? 1);
    console.log(`time ${(mine.durationMs / reference.durationMs).toFixed(3)} ×, peak memory ${memory.toFixed(3)} ×`);
    const { equal, all, differing } = equalTensors(openModel(theirs), openModel(output));
    console.log(`${equal} of ${all} tensors (integers, scales, zero points) are equal byte for byte`);
    for (const name of differing.slice(0, 5)) console.log(`  differs: ${name}`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
