import { usage } from './options.ts'

const prefixes = {
  charge: 'ch',
  refund: 're',
  dispute: 'dp',
  'payment session': 'ps',
  event: 'evt',
  'webhook endpoint': 'whe',
  delivery: 'del',
} as const

/** An id as a part of a path. An empty one would ask for the whole list, and a misplaced text could be a card number. */
export function readId(kind: keyof typeof prefixes, id: string): string {
  if (typeof id === 'string' && id.startsWith(`${prefixes[kind]}_`) && /^[0-9a-z_]{4,80}$/.test(id)) return id
  throw usage(`The id of a ${kind} looks like ${prefixes[kind]}_….`)
}
