import type * as real from '@fincore/payment-service/ids'
import { hexOfId, idPrefixes, isId, lowestDigitsAt } from '@fincore/payment-service/ids'
import { onStage } from '../stage.ts'

export { hexOfId, idPrefixes, isId, lowestDigitsAt }

/** Ids in the real ones' form that follow from the seed: the time, then a number that is given once. */
export const newId: typeof real.newId = (kind) => {
  const { clock, nextNumber } = onStage()
  const digits = (value: number, length: number) => toBase32(value).padStart(length, '0')
  return `${idPrefixes[kind]}_${digits(Math.floor(clock.now()), 10)}${digits(nextNumber(), 16)}`
}

/** Of a story's requests none has an id of its own. */
export const idOfRequest: typeof real.idOfRequest = (kind) => newId(kind)

const crockford = '0123456789abcdefghjkmnpqrstvwxyz'

function toBase32(value: number): string {
  let text = ''
  for (let rest = value; rest > 0; rest = Math.floor(rest / 32)) text = crockford.charAt(rest % 32) + text
  return text
}
