/**
 * Everything that chance decides in a run, from a seed. Each decision has a name that says what it is about ("3/authorize
 * 1/way"), and its value follows from the seed and that name alone: it does not hang on what was decided before. So a
 * failed run can be made smaller by taking decisions back one after the other, while the others stay as they were.
 */
export type Choices = {
  /**
   * One of several ways, each with its weight. The first is the calm one, which a smaller run falls back to; its weight
   * may be 0, for what happens always unless it is taken out.
   */
  pick<Way extends string>(name: string, ways: Readonly<Record<Way, number>>): Way
  /** A number from 0 to 1 that is no fault of anybody: how long something takes, how much is paid. */
  spread(name: string): number
  /** The same choices under a longer name. */
  within(scope: string): Choices
}

/** What was decided otherwise than calm, by name. */
export type Taken = Map<string, string>

/**
 * @param kept when given, only these decisions may be other than calm.
 * @param taken where decisions other than calm are written down.
 */
export function makeChoices(seed: number, taken: Taken, kept?: ReadonlySet<string>): Choices {
  const counts = new Map<string, number>()
  /** How often a name came before is part of it, so that the second look-up is decided apart from the first. */
  function nextOf(name: string): string {
    const count = (counts.get(name) ?? 0) + 1
    counts.set(name, count)
    return count === 1 ? name : `${name}#${count}`
  }
  function scoped(scope: string): Choices {
    return {
      pick(name, ways) {
        const full = nextOf(scope + name)
        const entries = Object.entries(ways) as [keyof typeof ways, number][]
        const calm = entries[0]?.[0]
        if (calm === undefined) throw new Error(`“${full}” has nothing to choose from`)
        if (kept !== undefined && !kept.has(full)) return calm
        let left = numberOf(seed, full) * entries.reduce((sum, [, weight]) => sum + weight, 0)
        const way = entries.find(([, weight]) => {
          left -= weight
          return left < 0
        })?.[0]
        if (way === undefined || way === calm) return calm
        taken.set(full, way)
        return way
      },
      spread: (name) => numberOf(seed, nextOf(scope + name)),
      within: (inner) => scoped(`${scope}${inner}/`),
    }
  }
  return scoped('')
}

/** A number from 0 to 1, 1 excluded, that follows from the seed and the name (FNV-1a, and the finish of MurmurHash3). */
export function numberOf(seed: number, name: string): number {
  let hash = (seed ^ 0x811c9dc5) | 0
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193)
  hash ^= hash >>> 16
  hash = Math.imul(hash, 0x85ebca6b)
  hash ^= hash >>> 13
  hash = Math.imul(hash, 0xc2b2ae35)
  hash ^= hash >>> 16
  return (hash >>> 0) / 2 ** 32
}
