/** The ways to show progress; apart from the renderers, so that help does not load them. */
export const PROGRESS_MODES = ['auto', 'tasks', 'plain', 'json', 'none'] as const;
export type ProgressMode = (typeof PROGRESS_MODES)[number];
