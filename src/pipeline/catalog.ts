/** `nimify catalog …`: reading what `create` has recorded. */
import { type Catalog, openCatalog } from '../catalog/catalog.ts';
import type { LineageGraph, Page, VersionDetail, VersionRecord } from '../catalog/records.ts';
import type { CatalogQuery, Outcome, PipelineDeps } from './requests.ts';

export interface VersionRequest {
  /** `name`, `name@number`, or the beginning of a model digest. */
  readonly id: string;
}

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

async function read<T>(deps: PipelineDeps, query: (catalog: Catalog) => T): Promise<Outcome<T>> {
  const catalog = await openCatalog({ folder: deps.config.dataFolder, clock: deps.clock, mode: 'read' });
  try {
    return { result: query(catalog), findings: [] };
  } finally {
    catalog.close();
  }
}
