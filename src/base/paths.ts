/** Where nimify keeps things of its own, after the XDG base directory specification. The environment is a parameter. */
import { join } from 'node:path';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The data folder: catalog, stored blobs, server state. NIMIFY_HOME wins over XDG_DATA_HOME. */
export function defaultDataFolder(env: Environment, homeFolder: string): string {
  if (env.NIMIFY_HOME) return env.NIMIFY_HOME;
  if (env.XDG_DATA_HOME) return join(env.XDG_DATA_HOME, 'nimify');
  return join(homeFolder, '.local', 'share', 'nimify');
}
