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
  /** There are so many decisions that a scope is made once, and its part of their names hashed once. */
  function scoped(scope: string, scopeHash: number): Choices {
    const counts = new Map<string, number>()
    const scopes = new Map<string, Choices>()
    /** How often a name came before is part of it, so that the second look-up is decided apart from the first. */
    function nextOf(name: string): string {
      const count = (counts.get(name) ?? 0) + 1
      counts.set(name, count)
      return count === 1 ? name : `${name}#${count}`
    }
    return {
      pick(name, ways) {
        const own = nextOf(name)
        let calm: keyof typeof ways | undefined
        let sum = 0
        for (const way in ways) {
          calm ??= way
          sum += ways[way]
        }
        if (calm === undefined) throw new Error(`“${scope}${own}” has nothing to choose from`)
        if (kept !== undefined && !kept.has(scope + own)) return calm
        let left = finish(goOn(scopeHash, own)) * sum
        for (const way in ways) {
          left -= ways[way]
          if (left >= 0) continue
          if (way !== calm) taken.set(scope + own, way)
          return way
        }
        return calm
      },
      spread: (name) => finish(goOn(scopeHash, nextOf(name))),
      within(inner) {
        const known = scopes.get(inner)
        if (known !== undefined) return known
        const made = scoped(`${scope}${inner}/`, goOn(scopeHash, `${inner}/`))
        scopes.set(inner, made)
        return made
      },
    }
  }
  return scoped('', begin(seed))
}

/** A number from 0 to 1, 1 excluded, that follows from the seed and the name (FNV-1a, and the finish of MurmurHash3). */
export function numberOf(seed: number, name: string): number {
  return finish(goOn(begin(seed), name))
}

function begin(seed: number): number {
  return (seed ^ 0x811c9dc5) | 0
}

function goOn(before: number, name: string): number {
  let hash = before
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193)
  return hash
}

function finish(before: number): number {
  let hash = before
  hash ^= hash >>> 16
  hash = Math.imul(hash, 0x85ebca6b)
  hash ^= hash >>> 13
  hash = Math.imul(hash, 0xc2b2ae35)
  hash ^= hash >>> 16
  return (hash >>> 0) / 2 ** 32
}
