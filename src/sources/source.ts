/** What a source is: one folder, one line in registry.ts. */

/** A model whose bytes are on this machine. */
export interface LocalModel {
  /** Id of the source that found it. */
  readonly kind: string;
  /** What the user typed. */
  readonly reference: string;
  /** Absolute path of the .onnx file; links are kept, so that external data beside it is found. */
  readonly path: string;
  /** SHA-256 of the .onnx file, which is read when this is first asked for. @throws NimifyError FILE_*; an abort reason */
  readonly digest: () => Promise<string>;
  /** Of the .onnx file, without external data. */
  readonly sizeBytes: number;
  /** A DNS label made from the name of the file or of its folder. */
  readonly suggestedName: string;
}

export interface SourceDeps {
  /** Folder that relative paths start from. */
  readonly cwd: string;
  readonly signal: AbortSignal;
}

export interface Source {
  readonly id: string;
  /** Whether the reference is written in this source's way; looks at the text only. */
  matches(reference: string): boolean;
  /** @throws NimifyError FILE_*, MODEL_EMPTY, MODEL_IS_FOLDER, SOURCE_UNSUPPORTED; or the abort reason of the signal */
  resolve(reference: string, deps: SourceDeps): Promise<LocalModel>;
}
