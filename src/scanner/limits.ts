/** How much is normal, and how much of a file or folder is looked at before the scanner says that it did not look further. */

export interface ScanLimits {
  /** Folders inside folders. */
  readonly maxDepth: number;
  /** Files, folders and links in one scan. */
  readonly maxEntries: number;
  /** Nodes of one model, subgraphs and functions included. */
  readonly maxNodes: number;
  /** Graphs inside graphs. */
  readonly maxGraphDepth: number;
  /** Bytes of one attribute. */
  readonly maxAttributeBytes: number;
  /** Bytes that are read for digests, element counts and indices of one model. */
  readonly maxReadBytes: number;
  /** Bytes of one JSON, YAML or template file. */
  readonly maxTextBytes: number;
  /** Operations of all pickles in one file. */
  readonly maxPickleOperations: number;
  /** Entries of one archive. */
  readonly maxArchiveEntries: number;
  /** Bytes that the entries of one archive are inflated to. */
  readonly maxInflatedBytes: number;
}

export const STANDARD_LIMITS: ScanLimits = {
  maxDepth: 32,
  maxEntries: 100_000,
  // Large language models that are exported layer by layer stay below; readers of nimify follow 32 graphs, real models nest 5.
  maxNodes: 200_000,
  maxGraphDepth: 16,
  // Tree ensembles keep their trees in attributes and reach some tens of megabytes.
  maxAttributeBytes: 128 << 20,
  maxReadBytes: 64 << 20,
  maxTextBytes: 8 << 20,
  maxPickleOperations: 10_000_000,
  maxArchiveEntries: 50_000,
  maxInflatedBytes: 48 << 20,
};

/** For `--deep`: every byte is looked at, however long it takes; what bounds memory stays. */
export const DEEP_LIMITS: ScanLimits = {
  ...STANDARD_LIMITS,
  maxEntries: 10_000_000,
  maxReadBytes: Number.MAX_SAFE_INTEGER,
  maxPickleOperations: Number.MAX_SAFE_INTEGER,
};
