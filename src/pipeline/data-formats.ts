/** `nimify help data`: what --data takes. */
import { DATA_FORMATS } from '../quantization/data/formats.ts';

export interface DataFormatLine {
  readonly format: string;
  readonly reads: string;
}

export function dataFormats(): DataFormatLine[] {
  return [
    ...DATA_FORMATS.map(({ title, reads }) => ({ format: title, reads })),
    {
      format: 'a command',
      reads: '--data-command COMMAND prints JSON Lines, or the bytes of a .npz or .npy file, on standard output.',
    },
    { format: 'nothing', reads: 'Random noise: it proves that a model runs, and nothing about its accuracy.' },
  ];
}
