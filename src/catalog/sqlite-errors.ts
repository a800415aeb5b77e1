/** Errors of SQLite in nimify's words; SQLite's result codes are documented at https://sqlite.org/rescode.html. */
import { type ErrorCode, NimifyError } from '../base/errors.ts';

interface Translation {
  readonly codes: RegExp;
  readonly code: ErrorCode;
  readonly message: (file: string) => string;
  readonly hint: (file: string) => string;
}

/** The first line that fits is taken. */
const TRANSLATIONS: readonly Translation[] = [
  {
    codes: /^SQLITE_(NOTADB|CORRUPT.*|FORMAT)$/,
    code: 'CATALOG_UNREADABLE',
    message: (file) => `The catalog ${file} is damaged or is not a database.`,
    hint: asideHint,
  },
  {
    codes: /^SQLITE_(FULL|IOERR_SHMSIZE)$/,
    code: 'DISK_FULL',
    message: (file) => `No room left on the disk while writing ${file}.`,
    hint: () => 'Free some space, or set NIMIFY_HOME to a folder on another disk.',
  },
  {
    codes: /^SQLITE_(BUSY|LOCKED).*$/,
    code: 'CATALOG_BUSY',
    message: (file) => `Another process holds the catalog ${file} locked.`,
    hint: () => 'Wait until it is done and run the command again.',
  },
  {
    codes: /^SQLITE_(READONLY|PERM).*$/,
    code: 'OUTPUT_UNWRITABLE',
    message: (file) => `The catalog ${file} cannot be written.`,
    hint: () => 'Set NIMIFY_HOME to a folder of yours, or ask for write permission.',
  },
  {
    codes: /^SQLITE_(CANTOPEN|IOERR|AUTH).*$/,
    code: 'CATALOG_UNREADABLE',
    message: (file) => `The catalog ${file} cannot be opened or read.`,
    hint: (file) => `Check the permissions of ${file} and of its folder.`,
  },
];

function asideHint(file: string): string {
  return `Restore ${file} from a backup, or move it aside (mv '${file}' '${file}.damaged') to begin a new catalog; stored models stay.`;
}

/** True for errors that better-sqlite3 throws; `pattern` is matched with the code without `SQLITE_`. */
export function isSqliteError(error: unknown, pattern: RegExp = /^/): error is Error & { readonly code: string } {
  if (!(error instanceof Error) || error.name !== 'SqliteError') return false;
  const { code } = error as NodeJS.ErrnoException;
  return code !== undefined && pattern.test(code.replace(/^SQLITE_/, ''));
}

/** Anything that is not from SQLite, or that only a mistake of ours can cause, comes back unchanged. */
export function catalogError(error: unknown, file: string): unknown {
  if (!isSqliteError(error)) return error;
  const translation = TRANSLATIONS.find(({ codes }) => codes.test(error.code));
  if (translation === undefined) return error;
  return new NimifyError(
    translation.code,
    `${translation.message(file)} SQLite says: ${error.message} (${error.code}).`,
    {
      hint: translation.hint(file),
      details: { path: file, systemCode: error.code },
      cause: error,
    },
  );
}

/** Runs `work` and translates what SQLite throws in it. */
export function guarded<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw catalogError(error, file);
  }
}

export function damaged(file: string, what: string): NimifyError {
  return new NimifyError('CATALOG_UNREADABLE', `The catalog ${file} ${what}.`, {
    hint: asideHint(file),
    details: { path: file },
  });
}
