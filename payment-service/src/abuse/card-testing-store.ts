import type { Deps } from '../deps.ts'
import { newId } from '../ids.ts'
import { blockedFlowNotice } from '../notices/notice-texts.ts'
import { recordAudit } from '../store/audit.ts'
import {
  type BlockInForce,
  type CardTestingBlock,
  endFlowBlock,
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
  /** Ends the block of a whole flow before its time, in all processes; does nothing when there is none. */
  endFlowBlock(merchantId: string, flow: string): Promise<void>
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
    endFlowBlock: (merchantId, flow) => endEarly(deps, merchantId, flow),
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
      { firstS: holdS, factor: holdGrowth.factor[subject], longestS: holdGrowth.longestS },
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

/** Single tries in a flow were approved: its block ends, with its audit record. */
async function endEarly(deps: Needs, merchantId: string, flow: string): Promise<void> {
  const ended = await inTransaction(deps.pool, async (tx) => {
    const reason = 'Single tries were approved one after the other.'
    const block = await endFlowBlock(tx, merchantId, flow, { by: 'card_testing', reason, now: deps.now() })
    if (block === null) return null
    const { rule, value } = block
    await recordAudit(tx, {
      actorType: 'system',
      actor: 'card_testing',
      type: 'card_testing.lift',
      outcome: 'success',
      origin: 'payment-service',
      merchantId,
      resource: block.id,
      details: { reason, rule, value },
    })
    return block
  })
  if (ended === null) return
  deps.log.info('a block of card testing has ended early: single tries were approved', {
    merchant: merchantId,
    object: ended.id,
  })
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
