/** What the server and the thread of a model say to each other. One run is under way at most. */
import type { ErrorCode } from '../base/errors.ts';
import type { HostTensor } from '../onnx/tensor.ts';
import type { Feeds } from '../runtime/feeds.ts';
import type { GuardLimits } from '../runtime/isolated/guard.ts';
import type { SessionInfo } from './signature.ts';

/** `workerData` of the thread. */
export interface WorkerStart {
  readonly path: string;
  /** Threads of ONNX Runtime; 0: one per core. */
  readonly threads: number;
  /** For a model that is not trusted: it runs in a process of its own, under these limits. */
  readonly guard?: Omit<GuardLimits, 'signal'>;
}

export type ToWorker =
  | { readonly type: 'run'; readonly feeds: Feeds; readonly outputNames: readonly string[] }
  | { readonly type: 'close' };

export type Tensors = Readonly<Record<string, HostTensor>>;

export type FromWorker =
  | { readonly type: 'ready'; readonly session: SessionInfo }
  | { readonly type: 'refused'; readonly code: ErrorCode; readonly message: string; readonly hint?: string }
  | { readonly type: 'done'; readonly outputs: Tensors; readonly inferMs: number }
  | { readonly type: 'failed'; readonly message: string };

/** The buffers of the tensors, each once, so that they move instead of being copied. The sender loses them. */
export function buffersOf(tensors: Tensors): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  for (const { data } of Object.values(tensors)) {
    if (!Array.isArray(data) && data.buffer instanceof ArrayBuffer) buffers.add(data.buffer);
  }
  return [...buffers];
}
