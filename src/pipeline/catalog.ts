/** `nimify catalog …`: reading what `create` has recorded. */
import { type Catalog, openCatalog } from '../catalog/catalog.ts';
import type { CatalogReport, LineageGraph, Page, VersionDetail, VersionRecord } from '../catalog/records.ts';
import type { CatalogQuery, Outcome, PipelineDeps } from './requests.ts';

export interface VersionRequest {
  /** `name`, `name@number`, or the beginning of a model digest. */
  readonly id: string;
}

/** What was looked at; what is wrong comes as findings. */
export type CatalogCondition = Omit<CatalogReport, 'findings'>;

export function catalogList(query: CatalogQuery, deps: PipelineDeps): Promise<Outcome<Page<VersionRecord>>> {
  return read(deps, (catalog) => catalog.list(query));
}

export function catalogSearch(
  query: CatalogQuery & { readonly text: string },
  deps: PipelineDeps,
): Promise<Outcome<Page<VersionRecord>>> {
  return read(deps, (catalog) => catalog.search(query.text, query));
}

export function catalogShow(request: VersionRequest, deps: PipelineDeps): Promise<Outcome<VersionDetail>> {
  return read(deps, (catalog) => catalog.show(request.id));
}

export function catalogLineage(request: VersionRequest, deps: PipelineDeps): Promise<Outcome<LineageGraph>> {
  return read(deps, (catalog) => catalog.lineage(request.id));
}

/** Damage comes as findings CATALOG_DAMAGED, unless the database cannot even be opened. */
export async function catalogVerify(deps: PipelineDeps): Promise<Outcome<CatalogCondition>> {
  const { result } = await read(deps, (catalog) => catalog.verify({ signal: deps.signal }));
  const { findings, ...condition } = result;
  return { result: condition, findings };
}

async function read<T>(deps: PipelineDeps, query: (catalog: Catalog) => T | Promise<T>): Promise<Outcome<T>> {
  const catalog = await openCatalog({ folder: deps.config.dataFolder, clock: deps.clock, mode: 'read' });
  try {
    return { result: await query(catalog), findings: [] };
  } finally {
    catalog.close();
  }
}
