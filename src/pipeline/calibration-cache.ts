/** Statistics of calibration in the catalog, for quantizers. Each call opens the catalog for a moment; a missing one is made by the first value. */
import type { Clock } from '../base/clock.ts';
import { type ErrorCode, NimifyError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import type { Catalog } from '../catalog/catalog.ts';
import type { CalibrationCache } from '../quantization/calibration/cache.ts';

export interface CacheFacts {
  /** The data folder. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Take what is there and add nothing. */
  readonly isReadOnly?: boolean;
}

/** Where nothing can be kept, as in a container without a home: no news for the user. */
const NO_PLACE: ReadonlySet<ErrorCode> = new Set(['FILE_NOT_FOUND', 'OUTPUT_UNWRITABLE', 'CATALOG_NOT_INSTALLED']);

/** Keeps nothing any more after the first error, so that a locked catalog is waited for once. */
export function catalogCalibrationCache({ folder, clock, log, isReadOnly = false }: CacheFacts): CalibrationCache {
  let isGivenUp = false;
  const within = async <T>(mode: 'read' | 'write', use: (catalog: Catalog) => T): Promise<T | undefined> => {
    if (isGivenUp) return undefined;
    try {
      const { openCatalog } = await import('../catalog/catalog.ts');
      const catalog = await openCatalog({ folder, clock, mode });
      try {
        return use(catalog);
      } finally {
        catalog.close();
      }
    } catch (error) {
      isGivenUp = true;
      if (!(error instanceof NimifyError) || !NO_PLACE.has(error.code)) throw error;
      log.debug({ code: error.code, folder }, 'calibrations are not kept');
      return undefined;
    }
  };
  return {
    get: (key) => within('read', (catalog) => catalog.calibrations.get(key)),
    put: async (key, value) => {
      if (!isReadOnly) await within('write', (catalog) => catalog.calibrations.put(key, value));
    },
  };
}
