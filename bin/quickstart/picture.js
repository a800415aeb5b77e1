/** The request and its answer side by side, in plain characters. */

const SIDE = 28;
const INK = ' .:-=+*#%@';
const BAR_LENGTH = 24;

/**
 * @param answer.pixels 784 grey levels 0–255, row by row
 * @param answer.probabilities ten numbers, 0–1
 */
export function drawAnswer({ model, pixels, probabilities, medianMs, requests }) {
  const picture = draw(pixels);
  const best = probabilities.indexOf(Math.max(...probabilities));
  const bars = probabilities.map((probability, digit) => {
    const percent = `${(probability * 100).toFixed(1).padStart(5)} %`;
    return `${digit === best ? '>' : ' '} ${digit} ${percent} ${'#'.repeat(Math.round(probability * BAR_LENGTH))}`;
  });
  const words = [`${model} reads a ${best}`, '', ...bars, '', latency(medianMs, requests)];
  return picture.map((row, index) => `  ${row}   ${words[index] ?? ''}`.trimEnd()).join('\n');
}

function latency(medianMs, requests) {
  return `${medianMs.toFixed(2)} ms per request over HTTP (median of ${requests})`;
}

/** Characters are about twice as high as wide: one row of text for two rows of pixels. */
function draw(pixels) {
  return Array.from({ length: SIDE / 2 }, (_, row) =>
    Array.from({ length: SIDE }, (_, column) => {
      const at = 2 * row * SIDE + column;
      const level = (pixels[at] + pixels[at + SIDE]) / 2 / 256;
      return INK[Math.floor(level * INK.length)];
    }).join(''),
  );
}
