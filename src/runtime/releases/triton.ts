/**
 * Which ONNX Runtime a release of the Triton image brings: build.py on the release branches of
 * triton-inference-server/server.
 */
import { type RuntimeRelease, releaseOf } from './onnx-runtime.ts';

export interface TritonRelease {
  /** Of the table; an image between two entries is taken for the older one. */
  readonly tag: string;
  /** With its patch number. */
  readonly onnxRuntime: string;
  readonly runtime: RuntimeRelease;
}

const ONNX_RUNTIME_OF_TAG: readonly (readonly [tag: string, onnxRuntime: string])[] = [
  ['24.08', '1.18.1'],
  ['24.12', '1.20.1'],
  ['25.04', '1.21.0'],
  ['25.07', '1.22.0'],
  ['25.10', '1.23.1'],
  ['25.12', '1.23.2'],
  ['26.01', '1.23.2'],
  ['26.02', '1.24.1'],
  ['26.03', '1.24.2'],
  ['26.04', '1.24.4'],
  ['26.05', '1.24.4'],
  ['26.06', '1.24.4'],
  ['26.07', '1.27.0'],
  ['26.08', '1.28.0'],
];

/** Since this release ordinary models, not only decoupled ones, have the first-response histogram. */
const HISTOGRAM_SINCE_TAG = '26.01';

/** The release of `tag`, or the newest known one before it; undefined before the first of the table. */
export function tritonRelease(tag: string): TritonRelease | undefined {
  const found = ONNX_RUNTIME_OF_TAG.findLast(([known]) => known <= tag);
  if (found === undefined) return undefined;
  return { tag: found[0], onnxRuntime: found[1], runtime: releaseOf(found[1]) };
}

export function hasLatencyHistogram(tag: string): boolean {
  return tag >= HISTOGRAM_SINCE_TAG;
}
