/** The one door to onnxruntime-node: nothing else imports it, and it loads on first use. */
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import type * as OnnxRuntime from 'onnxruntime-node';
import { NimifyError } from '../base/errors.ts';
import { silenceTelemetry } from './telemetry.ts';

export type Ort = typeof OnnxRuntime;

let loading: Promise<Ort> | undefined;

/** @throws NimifyError RUNTIME_NOT_INSTALLED */
export function loadRuntime(): Promise<Ort> {
  silenceTelemetry();
  loading ??= import('onnxruntime-node').catch((error: unknown) => {
    loading = undefined;
    throw new NimifyError('RUNTIME_NOT_INSTALLED', 'onnxruntime-node cannot be loaded.', {
      hint: 'Run: npm install onnxruntime-node --ignore-scripts (its CPU library is inside the package), then nimify doctor.',
      cause: error,
    });
  });
  return loading;
}

/** Names of the execution providers that can be used here, such as `cpu`. */
export async function runtimeProviders(): Promise<string[]> {
  const ort = await loadRuntime();
  const { resolve } = createRequire(import.meta.url);
  const bin = join(dirname(resolve('onnxruntime-node')), '..', 'bin');
  const libraries = readdirSync(bin, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.includes(join(process.platform, process.arch)),
  );
  return usableProviders(
    ort.listSupportedBackends(),
    libraries.map((path) => basename(path)),
  );
}

/**
 * Bundled providers, and those whose shared library lies beside the native binding: the others are only known by name
 * (CUDA and TensorRT until their installer has run).
 * @param libraries file names in the folder of the binding
 */
export function usableProviders(
  backends: readonly { readonly name: string; readonly bundled: boolean }[],
  libraries: readonly string[],
): string[] {
  const hasLibrary = (name: string): boolean =>
    libraries.some((file) => new RegExp(`^(lib)?onnxruntime_providers_${name}\\.(so|dll|dylib)$`).test(file));
  return backends.filter(({ name, bundled }) => bundled || hasLibrary(name)).map(({ name }) => name);
}

/** The version of onnxruntime-node, which is that of the native library. */
export async function runtimeVersion(): Promise<string> {
  const ort = await loadRuntime();
  return ort.env.versions.node ?? ort.env.versions.common;
}
