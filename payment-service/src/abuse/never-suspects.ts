import type { CardTesting } from './card-testing.ts'

/** For commands, which settle what is old, and for tests and simulations in which most cards are declined. */
export const neverSuspects: CardTesting = {
  admit: async () => ({ learn: () => {}, [Symbol.dispose]: () => {} }),
  findBlock: async () => null,
  learn: async () => {},
  nameAddress: async () => null,
  settle: async () => {},
}
