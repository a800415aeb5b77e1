/**
 * What a release of the Triton image brings. Versions of ONNX Runtime: build.py on the release branches of
 * triton-inference-server/server; the IR ceilings were read from the refusal ("max supported IR version") of
 * onnxruntime 1.20.1, 1.22.1, 1.23.2, 1.24.1, 1.24.4, 1.27.0 and 1.28.0.
 */
interface TritonRelease {
  readonly tag: string;
  readonly onnxRuntime: string;
  readonly maxIrVersion: number;
}

const TRITON_RELEASES: readonly TritonRelease[] = [
  { tag: '24.12', onnxRuntime: '1.20.1', maxIrVersion: 10 },
  { tag: '25.04', onnxRuntime: '1.21.0', maxIrVersion: 10 },
  { tag: '25.07', onnxRuntime: '1.22.0', maxIrVersion: 10 },
  { tag: '25.10', onnxRuntime: '1.23.1', maxIrVersion: 11 },
  { tag: '25.12', onnxRuntime: '1.23.2', maxIrVersion: 11 },
  { tag: '26.01', onnxRuntime: '1.23.2', maxIrVersion: 11 },
  { tag: '26.02', onnxRuntime: '1.24.1', maxIrVersion: 13 },
  { tag: '26.03', onnxRuntime: '1.24.2', maxIrVersion: 13 },
  { tag: '26.04', onnxRuntime: '1.24.4', maxIrVersion: 13 },
  { tag: '26.05', onnxRuntime: '1.24.4', maxIrVersion: 13 },
  { tag: '26.06', onnxRuntime: '1.24.4', maxIrVersion: 13 },
  { tag: '26.07', onnxRuntime: '1.27.0', maxIrVersion: 13 },
  { tag: '26.08', onnxRuntime: '1.28.0', maxIrVersion: 13 },
];

/** Since this release ordinary models, not only decoupled ones, have the first-response histogram. */
const HISTOGRAM_SINCE_TAG = '26.01';

/** The release of `tag`, or the newest known one before it; undefined before the first of the table. */
export function tritonRelease(tag: string): TritonRelease | undefined {
  return TRITON_RELEASES.findLast((release) => release.tag <= tag);
}

export function hasLatencyHistogram(tag: string): boolean {
  return tag >= HISTOGRAM_SINCE_TAG;
}
