import type { CardTestingBlock } from '../store/card-testing-blocks.ts'

/** A block as the merchant's event shows it, and operators see it. */
export function showBlock({ id, rule, subject, value, figures, ...block }: CardTestingBlock) {
  const { points, limit, declined, telling, approved, since } = figures
  return {
    object: 'card_testing_block' as const,
    id,
    rule,
    subject,
    value,
    figures: { points, limit, declined, telling, approved, since },
    since: block.since.toISOString(),
    until: block.until.toISOString(),
  }
}
