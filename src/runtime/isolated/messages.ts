/** What a guarded process and the one that started it say to each other; tensors go as typed arrays. */
import type { ErrorCode } from '../../base/errors.ts';
import type { HostTensor } from '../../onnx/tensor.ts';
import type { TensorInfo } from '../../onnx/value-info.ts';
import type { Feeds } from '../feeds.ts';
import type { SessionOptions } from '../session.ts';

export type ToChild =
  | {
      readonly id: number;
      readonly type: 'open';
      readonly model: string | Uint8Array;
      readonly options: SessionOptions;
      readonly memoryBytes: number;
    }
  | { readonly id: number; readonly type: 'run'; readonly feeds: Feeds; readonly outputNames?: readonly string[] };

export interface SessionInfo {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
}

export type Answer = SessionInfo | Record<string, HostTensor>;

export type FromChild =
  | { readonly id: number; readonly type: 'done'; readonly answer: Answer }
  | {
      readonly id: number;
      readonly type: 'failed';
      readonly code: ErrorCode;
      readonly message: string;
      readonly hint?: string;
    };

/** The signal by which the child ends itself when it takes more memory than it may. */
export const MEMORY_SIGNAL = 'SIGUSR2';
