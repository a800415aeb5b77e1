/** Progress as JSON lines, for programs that show it their own way. */
import type { Screen } from '../io.ts';
import type { ProgressRenderer } from './renderer.ts';

export function openJson(screen: Screen): ProgressRenderer {
  let last: Promise<void> = Promise.resolve();
  return {
    emit: (event) => {
      last = screen.writeExact(`${JSON.stringify(event)}\n`);
    },
    close: () => last,
  };
}
