import type { Deps } from '../deps.ts'
import { newId } from '../ids.ts'
import { blockedFlowNotice } from '../notices/notice-texts.ts'
import { recordAudit } from '../store/audit.ts'
import {
  type BlockInForce,
  type CardTestingBlock,
  insertBlock,
  listBlocksInForce,
} from '../store/card-testing-blocks.ts'
import { readCardTestingSettings } from '../store/card-testing-settings.ts'
import { insertEvent, makeEvent } from '../store/events.ts'
import { findMerchant } from '../store/merchants.ts'
import { insertNotice } from '../store/notices.ts'
import { inTransaction, type Transaction } from '../store/pool.ts'
import { cutSessionShort } from '../store/sessions.ts'
import { holdGrowth } from './rules.ts'
import type { CardTestingSettings } from './settings.ts'
import { showBlock } from './show-block.ts'
import type { Trip } from './tally.ts'

/** What was set for a merchant and what is blocked, as all processes share it. */
export type CardTestingStore = {
  read(merchantId: string): Promise<{ settings: CardTestingSettings; blocks: readonly BlockInForce[] }>
  /**
   * Begins a block; does nothing when there is one.
   *
   * @param holdS the first one's length, in seconds.
   * @returns when it ends; null when there was one.
   */
  begin(merchantId: string, trip: Trip, holdS: number): Promise<Date | null>
  /** Closes an open payment session. */
  endSession(merchantId: string, sessionId: string): Promise<void>
}

type Needs = Pick<Deps, 'pool' | 'now' | 'log' | 'wakeOutbox'>

export function openCardTestingStore(deps: Needs): CardTestingStore {
  return {
    async read(merchantId) {
      const [{ settings }, blocks] = await Promise.all([
        readCardTestingSettings(deps.pool, merchantId),
        listBlocksInForce(deps.pool, merchantId, deps.now()),
      ])
      return { settings, blocks }
    },
    begin: (merchantId, trip, holdS) => beginBlock(deps, merchantId, trip, holdS),
    endSession: (merchantId, sessionId) => cutSessionShort(deps.pool, merchantId, sessionId, deps.now()),
  }
}

/**
 * Writes a block down, with its audit record and the merchant's event; a payment session is closed as well. All
 * processes hear of it by NOTIFY. Does nothing when another process was faster.
 */
async function beginBlock(deps: Needs, merchantId: string, trip: Trip, holdS: number): Promise<Date | null> {
  const now = deps.now()
  const { rule, subject, value, figures } = trip
  const begun = await inTransaction(deps.pool, async (tx) => {
    const block = await insertBlock(
      tx,
      { merchantId, id: newId('cardTestingBlock'), rule, subject, value, figures, since: now },
      { firstS: holdS, ...holdGrowth },
    )
    if (block === null) return null
    await recordAudit(tx, {
      actorType: 'system',
      actor: 'card_testing',
      type: 'card_testing.block',
      outcome: 'success',
      origin: 'payment-service',
      merchantId,
      resource: block.id,
      details: {
        rule,
        value,
        until: block.until.toISOString(),
        declined: figures.declined,
        approved: figures.approved,
      },
    })
    await insertEvent(tx, makeEvent('card_testing.suspected', merchantId, showBlock(block), 1, now))
    if (subject === 'flow') await tellOperators(tx, block)
    if (subject === 'session') await cutSessionShort(tx, merchantId, value, now)
    return block
  })
  if (begun === null) return null
  deps.wakeOutbox()
  deps.log.warn('card testing is suspected; what explains it is not tried for a while', {
    merchant: merchantId,
    object: begun.id,
    reason: rule,
  })
  return begun.until
}

/** Of a whole flow alone: shoppers are turned away, and somebody must look. */
async function tellOperators(
  tx: Transaction,
  { merchantId, id, value, figures, until }: CardTestingBlock,
): Promise<void> {
  const merchant = (await findMerchant(tx, merchantId))?.name ?? merchantId
  const { declined, approved } = figures
  const notice = blockedFlowNotice({ merchant, merchantId, block: id, flow: value, declined, approved, until })
  await insertNotice(tx, merchantId, id, notice)
}
