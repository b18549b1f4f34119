/** Random choices that a seed repeats (mulberry32). */
export type Random = {
  /** 0 to n - 1. */
  below(n: number): number
  chance(probability: number): boolean
  of<Item>(items: readonly Item[]): Item
}

export function makeRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  return {
    below: (n) => Math.floor(next() * n),
    chance: (probability) => next() < probability,
    of: <Item>(items: readonly Item[]) => items[Math.floor(next() * items.length)] as Item,
  }
}
