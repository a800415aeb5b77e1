/** `nimify scan`: a model file or a repository folder against all rules. Nothing is loaded, unpacked or run. */
import { statSync } from 'node:fs';
import { basename, dirname, relative, resolve } from 'node:path';
import { isSystemError, readError } from '../base/errors.ts';
import { Collector, type ScanResult } from './collector.ts';
import { linkTarget } from './folder/links.ts';
import { scanFile } from './folder/scan-file.ts';
import { kindByName } from './folder/signatures.ts';
import { type FolderEntry, walkFolder } from './folder/walk-folder.ts';
import { DEEP_LIMITS, type ScanLimits, STANDARD_LIMITS } from './limits.ts';
import { scanModel } from './model/scan-model.ts';
import { hiddenCharacters } from './text.ts';

export interface ScanReport {
  /** What was scanned: absolute. */
  readonly path: string;
  readonly isFolder: boolean;
  readonly scanned: {
    readonly files: number;
    readonly models: number;
    /** Every TensorProto of all models, wherever it is. */
    readonly tensors: number;
    /** Sizes of all files that were looked at. */
    readonly bytes: number;
  };
  readonly results: readonly ScanResult[];
}

export interface ScanOptions {
  /** Look at every byte that a rule needs, however long it takes. */
  readonly isDeep?: boolean;
  /** A file that is a model whatever its name is, relative to the path. */
  readonly modelFile?: string;
  /** Of a folder, only what lies directly in it. */
  readonly isShallow?: boolean;
  /** Of a folder, only files whose relative path passes. */
  readonly only?: (file: string) => boolean;
  /** Other bounds than those of a plain or a deep scan. */
  readonly limits?: Partial<ScanLimits>;
  readonly signal?: AbortSignal;
  /** Called before each file. */
  readonly progress?: (done: number, total: number) => void;
}

/**
 * Scans a file or a folder.
 * @throws NimifyError FILE_NOT_FOUND, FILE_UNREADABLE when `path` itself cannot be read; or the abort reason
 */
export async function scanPath(path: string, options: ScanOptions = {}): Promise<ScanReport> {
  const full = resolve(path);
  const isFolder = isFolderAt(full);
  // A file that was named alone and says nothing about its kind is meant to be a model.
  const isNameless = !isFolder && kindByName(full) === undefined;
  const scan = new Scan(full, isFolder, isNameless ? { modelFile: basename(full), ...options } : options);
  if (isFolder) await scan.folder();
  else await scan.files([{ path: full, file: basename(full), kind: kindOf(full) }]);
  return { path: full, isFolder, ...scan.outcome() };
}

function isFolderAt(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    throw readError(error, path);
  }
}

function kindOf(path: string): FolderEntry['kind'] {
  const stats = statSync(path);
  if (stats.isFile()) return 'file';
  if (stats.isFIFO()) return 'pipe';
  return stats.isSocket() ? 'socket' : 'device';
}

class Scan {
  readonly #top: string;
  /** The folder that results name files from. */
  readonly #base: string;
  readonly #options: ScanOptions;
  readonly #limits: ScanLimits;
  readonly #collector = new Collector();
  readonly #counts = { files: 0, models: 0, tensors: 0, bytes: 0 };
  readonly #dataFiles = new Set<string>();

  constructor(top: string, isFolder: boolean, options: ScanOptions) {
    this.#top = top;
    this.#base = isFolder ? top : dirname(top);
    this.#options = options;
    this.#limits = { ...(options.isDeep ? DEEP_LIMITS : STANDARD_LIMITS), ...options.limits };
  }

  async folder(): Promise<void> {
    const { isShallow, only = () => true } = this.#options;
    const { entries, left } = walkFolder(this.#top, isShallow ? { ...this.#limits, maxDepth: 0 } : this.#limits);
    if (!isShallow) for (const { file, why } of left) this.#collector.report(file, 'scan-limit', { what: why });
    await this.files(entries.filter(({ file }) => only(file)));
  }

  /** Models come first: they say which of the other files are their weights. */
  async files(entries: readonly FolderEntry[]): Promise<void> {
    const files = entries.flatMap((entry) => this.#resolve(entry) ?? []);
    const isModel = ({ file }: FolderEntry): boolean => kindByName(file) === 'onnx' || file === this.#options.modelFile;
    for (const entry of files.filter(isModel)) await this.#turn(entry, files.length, true);
    const rest = files.filter((entry) => !isModel(entry));
    const others = [...rest, ...this.#unlisted(files)];
    for (const entry of others) await this.#turn(entry, files.length - rest.length + others.length, false);
  }

  /** Data files of models that were named without their folder. */
  #unlisted(files: readonly FolderEntry[]): FolderEntry[] {
    const listed = new Set(files.map(({ path }) => path));
    return [...this.#dataFiles].flatMap((path) => {
      const file = relative(this.#base, path).replaceAll('\\', '/');
      return listed.has(path) || file.startsWith('../') ? [] : [{ path, file, kind: 'file' as const }];
    });
  }

  /** Between two files Ctrl-C and the display of progress get their turn. */
  async #turn(entry: FolderEntry, total: number, isModel: boolean): Promise<void> {
    this.#options.signal?.throwIfAborted();
    this.#options.progress?.(this.#counts.files, total);
    this.#file(entry, isModel);
    await new Promise((next) => setImmediate(next));
  }

  outcome(): Pick<ScanReport, 'scanned' | 'results'> {
    const results = this.#collector.results().sort((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : 0));
    return { scanned: { ...this.#counts }, results };
  }

  /** The file to read for an entry, or undefined where the entry itself is the finding. */
  #resolve(entry: FolderEntry): FolderEntry | undefined {
    const characters = hiddenCharacters(entry.file);
    if (characters !== undefined) {
      const args = { what: 'The file', name: JSON.stringify(entry.file), characters };
      this.#collector.report(entry.file, 'hidden-unicode-name', args);
    }
    if (entry.kind === 'file') return entry;
    if (entry.kind === 'link') return this.#link(entry);
    this.#collector.report(entry.file, 'special-file', { kind: entry.kind });
    return undefined;
  }

  #link(entry: FolderEntry): FolderEntry | undefined {
    const target = linkTarget(entry.path, this.#top);
    if (target.kind === 'blob') return { ...entry, kind: 'file' };
    if (target.kind === 'outside')
      this.#collector.report(entry.file, 'link-escapes', { target: JSON.stringify(target.target) });
    if (target.kind === 'dangling')
      this.#collector.report(entry.file, 'file-unreadable', { what: 'the link leads nowhere' });
    return undefined;
  }

  #file(entry: FolderEntry, isModel: boolean): void {
    const { path, file } = entry;
    this.#counts.files += 1;
    if (isModel) {
      this.#counts.models += 1;
      const { tensors, dataFiles } = this.#model(path, file);
      this.#counts.tensors += tensors;
      for (const data of dataFiles) this.#dataFiles.add(data);
    }
    this.#counts.bytes += scanFile(
      { path, file, isOfModel: isModel || this.#dataFiles.has(path) },
      this.#collector,
      this.#limits,
    );
  }

  #model(path: string, file: string): ReturnType<typeof scanModel> {
    try {
      return scanModel(path, file, this.#collector, this.#limits);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      this.#collector.report(file, 'file-unreadable', { what: error.code });
      return { tensors: 0, dataFiles: [] };
    }
  }
}
