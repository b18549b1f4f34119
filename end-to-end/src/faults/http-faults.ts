import type { Random } from './random.ts'

/** What can happen to one exchange between two computers. Seen by the caller, most of them look alike. */
export const httpFaults = {
  delay: 'the request is held up',
  'reset before sent': 'the connection breaks before the request was passed on',
  'reset after sent': 'the request was passed on and acted upon, and the connection breaks before the reply',
  'cut reply': 'the reply ends after any of its bytes',
  drip: 'the reply comes byte by byte',
  'black hole': 'the request is swallowed, and nothing comes back',
  'reply lost': 'the request was passed on and acted upon, and nothing comes back',
  'bad gateway': 'the request was passed on and acted upon, and a gateway answers 502 in its place',
  'sent twice': 'the request is passed on twice',
} as const
export type HttpFaultKind = keyof typeof httpFaults

export type HttpFault =
  | { kind: 'delay' | 'drip'; ms: number }
  | { kind: 'cut reply'; at: number; politely: boolean }
  | { kind: Exclude<HttpFaultKind, 'delay' | 'drip' | 'cut reply'> }

/** How often each strikes, beside the others. */
export type FaultWeights = Partial<Record<HttpFaultKind, number>>

export const allFaults: FaultWeights = {
  delay: 3,
  'reset before sent': 2,
  'reset after sent': 3,
  'cut reply': 4,
  drip: 2,
  'black hole': 1,
  'reply lost': 1,
  'bad gateway': 2,
  'sent twice': 2,
}

/** @param longestMs how long a delay or a drip lasts at most: longer than the caller waits, or not. */
export function drawFault(random: Random, weights: FaultWeights, longestMs: number): HttpFault {
  const kind = random.weighted(weights as Record<HttpFaultKind, number>)
  if (kind === 'delay' || kind === 'drip') return { kind, ms: random.whole(50, longestMs) }
  if (kind === 'cut reply') return { kind, at: random.next(), politely: random.chance(0.5) }
  return { kind }
}
