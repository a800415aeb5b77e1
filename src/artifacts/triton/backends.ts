/**
 * Backends of Triton and the file that each looks for in a version folder when the config names none
 * (core, constants.h and filesystem; the README of each backend).
 */
export interface BackendFacts {
  /** Null where the backend reads a folder or any file. */
  readonly file: string | null;
  /** The older word for it, which a config may use instead. */
  readonly platform?: string;
  /** Fills in inputs and outputs that the config leaves out. */
  readonly completes: boolean;
}

const BACKENDS: Readonly<Record<string, BackendFacts>> = {
  onnxruntime: { file: 'model.onnx', platform: 'onnxruntime_onnx', completes: true },
  tensorrt: { file: 'model.plan', platform: 'tensorrt_plan', completes: true },
  openvino: { file: 'model.xml', completes: true },
  python: { file: 'model.py', completes: true },
  pytorch: { file: 'model.pt', platform: 'pytorch_libtorch', completes: false },
  dali: { file: 'model.dali', completes: true },
  vllm: { file: 'model.json', completes: true },
  tensorrtllm: { file: null, completes: false },
  fil: { file: null, completes: false },
  identity: { file: null, completes: false },
  repeat: { file: null, completes: false },
  square: { file: null, completes: false },
};

export function backendFacts(backend: string): BackendFacts | undefined {
  return Object.hasOwn(BACKENDS, backend) ? BACKENDS[backend] : undefined;
}

/** The backend that a platform, or without both the file of a version, stands for. */
export function backendOf(backend: string, platform: string, files: readonly string[]): string | undefined {
  if (backend !== '') return backend;
  const named = Object.entries(BACKENDS).find(([, facts]) => facts.platform === platform && platform !== '');
  if (named !== undefined || platform !== '') return named?.[0];
  return Object.entries(BACKENDS).find(([, { file }]) => file !== null && files.includes(file))?.[0];
}
