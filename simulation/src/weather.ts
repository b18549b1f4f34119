import type { Ground } from './ground.ts'

/** How much goes wrong in a run. */
export type Weather = {
  /** The part of PSP calls that do not go well. */
  psp: number
  /** When the PSP answers nothing but errors, in ms since 1970. */
  outage: { from: number; until: number } | null
  /** Whether the PSP can be asked what became of a request. If not, its webhooks come for certain. */
  hasLookUps: boolean
  /** Nothing happens to statements. */
  isQuiet: boolean
  /** What happens before and after each statement. */
  pauses: Readonly<Record<'goes on' | 'takes long' | 'the connection breaks' | 'the process dies', number>>
  /** The part of PSP calls during which the calling process dies. */
  deaths: number
}

/** Most runs have some trouble, few have all of it at once, and some have none. */
export function makeWeather({ choices, clock }: Ground): Weather {
  const psp = { good: 0, unsteady: 0.12, bad: 0.45 }[choices.pick('PSP', { good: 25, unsteady: 50, bad: 25 })]
  const trouble = choices.pick('database', { quiet: 40, slow: 20, unsteady: 20, deadly: 20 })
  const outage = choices.pick('PSP outage', { none: 80, short: 15, long: 5 })
  const from = clock.now() + 20_000 * choices.spread('outage begins')
  return {
    psp,
    hasLookUps: choices.pick('PSP’s look-ups', { 'by our reference': 80, none: 20 }) !== 'none',
    outage:
      outage === 'none'
        ? null
        : { from, until: from + (outage === 'long' ? 1_200_000 : 120_000) * choices.spread('outage lasts') },
    isQuiet: trouble === 'quiet',
    pauses: {
      'goes on': 1,
      'takes long': trouble === 'slow' ? 0.05 : 0,
      'the connection breaks': trouble === 'unsteady' ? 0.01 : 0,
      'the process dies': trouble === 'deadly' ? 0.006 : 0,
    },
    deaths: trouble === 'deadly' ? 0.05 : 0,
  }
}
