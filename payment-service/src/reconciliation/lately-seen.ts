import type { MoneyKind } from '../psp-gateway/port.ts'

/** A movement of the PSP's list: every name by which FinCore may look for it, and the PSP's own. */
type Seen = { kind: MoneyKind; names: readonly string[]; pspReference: string; at: Date }

/**
 * What the PSP's list has shown lately. FinCore's own attempts are held against it, both sides in the order of time, so
 * that as much of a day is in memory as lies within the margin, and never the day.
 */
export type LatelySeen = {
  add(seen: Seen): void
  /** The PSP's id of what stands under the name; undefined when nothing was seen lately. */
  find(kind: MoneyKind, name: string): string | undefined
  /** Forgets what is older. */
  forgetBefore(time: Date): void
  size(): number
}

/**
 * Should so much move within one margin, the oldest is forgotten: whoever is not found here is asked for at the PSP one
 * by one, so this costs look-ups and no truth.
 */
const mostNames = 400_000

export function createLatelySeen(most: number = mostNames): LatelySeen {
  // A Map keeps the order of insertion, which is that of time.
  const entries = new Map<string, { at: number; pspReference: string }>()
  return {
    add({ kind, names, pspReference, at }) {
      for (const name of names) entries.set(`${kind} ${name}`, { at: at.getTime(), pspReference })
      for (const key of entries.keys()) {
        if (entries.size <= most) break
        entries.delete(key)
      }
    },
    find: (kind, name) => entries.get(`${kind} ${name}`)?.pspReference,
    forgetBefore(time) {
      for (const [key, { at }] of entries) {
        if (at >= time.getTime()) break
        entries.delete(key)
      }
    },
    size: () => entries.size,
  }
}
