/** Version folders of a model. */

/** Triton passes over what is no positive integer, or begins with a zero. */
const VERSION = /^[1-9]\d*$/;

export function isVersion(name: string): boolean {
  return VERSION.test(name);
}

/** The versions among the names, oldest first. */
export function versionsOf(names: readonly string[]): string[] {
  return names.filter(isVersion).sort((a, b) => a.length - b.length || (a < b ? -1 : 1));
}
