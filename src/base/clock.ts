/** Time as a parameter, so that tests need no mocks. */
export interface Clock {
  /** Wall clock. */
  now(): Date;
  /** A clock that never goes back, in milliseconds with a fraction. */
  monotonicMs(): number;
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
};
