/** Where the files of an artifact are, in few words. */

export function fileCount(paths: readonly string[]): string {
  return paths.length === 1 ? '1 file' : `${paths.length} files`;
}

/** The names of files at the top, else the folder that they have in common. */
export function placeOf(paths: readonly string[]): string {
  if (paths.length <= 1 || paths.every((path) => !path.includes('/'))) return paths.join(' ');
  const split = paths.map((path) => path.split('/').slice(0, -1));
  const [first = []] = split;
  const common = first.filter((part, depth) => split.every((parts) => parts[depth] === part));
  return common.length === 0 ? '.' : `${common.join('/')}/`;
}
