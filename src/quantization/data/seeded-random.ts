/** Random numbers that are the same on every machine for the same seed: splits and generated samples are part of recipes. */

/** Uniform numbers in [0, 1): the generator "mulberry32" (Tommy Ettinger, public domain), 32 bits of state. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Standard normal numbers by the transform of Box and Muller. */
export function seededNormal(random: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

/** The numbers 0 … count − 1 in a random order (Fisher and Yates). */
export function shuffled(count: number, seed: number): number[] {
  const random = seededRandom(seed);
  const order = Array.from({ length: count }, (_, index) => index);
  for (let last = count - 1; last > 0; last -= 1) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other] as number, order[last] as number];
  }
  return order;
}

/** `size` of the numbers 0 … count − 1, chosen by the seed, ascending; all of them where there are not more. */
export function chooseIndices(count: number, size: number, seed: number): number[] {
  return ascending(shuffled(count, seed).slice(0, size));
}

/** Ascending order lets files be read one after another. */
export function ascending(indices: readonly number[]): number[] {
  return [...indices].sort((a, b) => a - b);
}
