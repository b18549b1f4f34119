import { shortestCard } from './card-ranges.ts'
import { type Character, readCharacter } from './read-character.ts'

/** Digits that may belong together: where they stand, and how they are grouped. */
export type DigitRun = {
  /** The `place` of every digit (read-character.ts), in order. The digits themselves stay in the body. */
  places: number[]
  /**
   * How each digit follows the one before it: in the same `group`, as a new group after exactly one space or dash
   * (`plain`), or after something else (`apart`). Of the first digit it says nothing.
   */
  joins: ('group' | 'plain' | 'apart')[]
}

/** More characters than this between two digits part them. */
const longestSeparator = 3

/**
 * Gathers the runs of digits of a text and visits those that are long enough for a card number. A run is groups of
 * digits with at most three characters between two that are neither letters nor digits, what is invisible not counted.
 * The run that is visited is overwritten by the next.
 */
export function gatherRuns(
  body: Buffer,
  start: number,
  end: number,
  readsPercent: boolean,
  visit: (run: DigitRun) => void,
): void {
  // No digit has less than a byte.
  if (end - start < shortestCard) return
  const run: DigitRun = { places: [], joins: [] }
  const { places, joins } = run
  const character: Character = { kind: 'other', place: 0, next: 0 }
  // Since the last digit.
  let separators = 0
  let isPlain = false
  for (let at = start; at < end; at = character.next) {
    readCharacter(character, body, at, end, readsPercent)
    if (character.kind === 'invisible') continue
    if (character.kind === 'digit') {
      places.push(character.place)
      joins.push(separators === 0 ? 'group' : separators === 1 && isPlain ? 'plain' : 'apart')
      separators = 0
      continue
    }
    separators++
    isPlain = character.kind === 'plain'
    if (places.length === 0 || (character.kind !== 'other' && separators <= longestSeparator)) continue
    if (places.length >= shortestCard) visit(run)
    places.length = 0
    joins.length = 0
  }
  if (places.length >= shortestCard) visit(run)
}
