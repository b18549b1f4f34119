/** Longer names than any of ours are not compared: the work grows with both lengths. */
const maxLength = 64

/**
 * The name of `names` that a misspelt one was most likely meant to be; null when none is near. Near is one slip in a
 * short name and two in a longer one, a slip being a sign too many, too few, wrong, or swapped with its neighbour.
 * Only the known name is given back, never what was sent.
 */
export function suggestName(sent: string, names: readonly string[]): string | null {
  if (sent.length === 0 || sent.length > maxLength) return null
  const plain = sent.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
  let nearest: { name: string; slips: number } | null = null
  for (const name of names) {
    const known = name.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
    const allowed = known.length < 4 ? 0 : known.length < 8 ? 1 : 2
    const slips = Math.abs(known.length - plain.length) > allowed ? maxLength : countSlips(plain, known)
    if (slips <= allowed && slips < (nearest?.slips ?? maxLength)) nearest = { name, slips }
  }
  return nearest?.name ?? null
}

/** Optimal string alignment (Damerau and Levenshtein): row by row, of which three are kept. */
function countSlips(from: string, to: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1]
      const isSwapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      const at = (values: readonly number[], index: number) => values[index] ?? maxLength
      current.push(
        Math.min(
          at(last, column) + 1,
          at(current, column - 1) + 1,
          at(last, column - 1) + (isSame ? 0 : 1),
          isSwapped ? at(beforeLast, column - 2) + 1 : maxLength,
        ),
      )
    }
    beforeLast = last
    last = current
  }
  return last[to.length] ?? maxLength
}
