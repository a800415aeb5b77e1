/** What is known of one entry of an archive before anybody unpacks it. */

export interface ArchiveEntry {
  /** As it is written in the archive, cut where it is longer than any path. */
  readonly name: string;
  readonly kind: 'file' | 'folder' | 'symbolic link' | 'hard link' | 'device' | 'pipe';
  /** Where a link leads; undefined where the listing does not say. */
  readonly target?: string;
  readonly storedBytes: number;
  readonly unpackedBytes: number;
}

/** Bytes of a name that are kept; no file system takes longer paths. */
export const MAX_NAME_BYTES = 4096;
