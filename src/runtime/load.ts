/** The one door to onnxruntime-node: nothing else imports it, and it loads on first use. */
import type * as OnnxRuntime from 'onnxruntime-node';
import { NimifyError } from '../base/errors.ts';

export type Ort = typeof OnnxRuntime;

let loading: Promise<Ort> | undefined;

/** @throws NimifyError RUNTIME_NOT_INSTALLED */
export function loadRuntime(): Promise<Ort> {
  loading ??= import('onnxruntime-node').catch((error: unknown) => {
    loading = undefined;
    throw new NimifyError('RUNTIME_NOT_INSTALLED', 'onnxruntime-node cannot be loaded.', {
      hint: 'Run: npm install onnxruntime-node --ignore-scripts (its CPU library is inside the package), then nimify doctor.',
      cause: error,
    });
  });
  return loading;
}

/** Names of the execution providers that this build carries, such as `cpu`. */
export async function runtimeProviders(): Promise<string[]> {
  const ort = await loadRuntime();
  return ort.listSupportedBackends().map((backend) => backend.name);
}

/** The version of onnxruntime-node, which is that of the native library. */
export async function runtimeVersion(): Promise<string> {
  const ort = await loadRuntime();
  return ort.env.versions.node ?? ort.env.versions.common;
}
