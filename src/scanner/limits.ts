/** How much of a file or folder is looked at before the scanner says that it did not look further. */

export interface ScanLimits {
  /** Folders inside folders. */
  readonly maxDepth: number;
  /** Files, folders and links in one scan. */
  readonly maxEntries: number;
  /** Bytes of one file that are read for digests, element counts and indices. */
  readonly maxReadBytes: number;
  /** Bytes of one JSON, YAML or template file. */
  readonly maxTextBytes: number;
  /** Operations of one pickle. */
  readonly maxPickleOperations: number;
  /** Entries of one archive. */
  readonly maxArchiveEntries: number;
  /** Bytes that one archive entry is inflated to. */
  readonly maxInflatedBytes: number;
}

export const STANDARD_LIMITS: ScanLimits = {
  maxDepth: 32,
  maxEntries: 100_000,
  maxReadBytes: 64 << 20,
  maxTextBytes: 16 << 20,
  maxPickleOperations: 10_000_000,
  maxArchiveEntries: 100_000,
  maxInflatedBytes: 64 << 20,
};

/** For `--deep`: every byte is looked at, however long it takes; what bounds memory stays. */
export const DEEP_LIMITS: ScanLimits = {
  ...STANDARD_LIMITS,
  maxEntries: 10_000_000,
  maxReadBytes: Number.MAX_SAFE_INTEGER,
  maxPickleOperations: Number.MAX_SAFE_INTEGER,
};
