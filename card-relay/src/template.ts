import type { Card } from './card-body.ts'
import type { CardMemory } from './card-memory.ts'

const placeholder = /\{\{card\.(number|cvc)\}\}/

/**
 * Splices the card into a request's body, as bytes. Null when the template is not one: `{{card.number}}` must stand in
 * it exactly once, `{{card.cvc}}` at most once, and no other `{{card.` at all. The caller wipes what it gets.
 */
export function spliceCard(template: string, card: Card, memory: CardMemory): Buffer | null {
  // Splitting on a pattern with a group gives texts at the even places and the placeholders' names at the odd ones.
  const pieces = template.split(placeholder)
  const names = pieces.filter((_, index) => index % 2 === 1)
  const texts = pieces.filter((_, index) => index % 2 === 0)
  const numbers = names.filter((name) => name === 'number').length
  if (numbers !== 1 || names.length - numbers > 1 || texts.some(holdsPlaceholder)) return null

  const parts = pieces.map((piece, index) => {
    if (index % 2 === 0) return Buffer.from(piece)
    return piece === 'number' ? card.number : card.cvc
  })
  const body = memory.take(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) at += part.copy(body, at)
  return body
}

/** True when the text holds the beginning of a placeholder, which no address and no header may. */
export function holdsPlaceholder(text: string): boolean {
  return text.includes('{{card.')
}
