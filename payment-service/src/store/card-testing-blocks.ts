import type { RuleName, Subject } from '../abuse/rules.ts'
import type { Figures } from '../abuse/tally.ts'
import type { Queryable, Transaction } from './pool.ts'

/** What is not tried any more for a merchant, why, and until when. */
export type CardTestingBlock = {
  merchantId: string
  id: string
  rule: RuleName
  subject: Subject
  /** Of an address its network and a keyed digest; otherwise what it is. */
  value: string
  figures: Omit<Figures, 'since'> & { since: string }
  since: Date
  until: Date
  liftedAt: Date | null
  liftedBy: string | null
  liftReason: string | null
}

const columns = `merchant_id as "merchantId", id, rule, subject, value, figures, since, until, lifted_at as "liftedAt",
  lifted_by as "liftedBy", lift_reason as "liftReason"`

export type BlockInForce = Pick<CardTestingBlock, 'rule' | 'subject' | 'value' | 'until'>

/** Those of a merchant that hold now. Index: card_testing_blocks_in_force. */
export async function listBlocksInForce(db: Queryable, merchantId: string, now: Date): Promise<BlockInForce[]> {
  const { rows } = await db.query<BlockInForce>(
    `select rule, subject, value, until from card_testing_blocks where merchant_id = $1 and until > $2 and lifted_at is null`,
    [merchantId, now],
  )
  return rows
}

/**
 * Begins a block, which holds longer with each of the same subject within a day; null when one holds already, which
 * another process has begun. Index: card_testing_blocks_of_subject.
 *
 * @param hold the first one's length, by what it is multiplied with each, and the longest; in seconds.
 */
export async function insertBlock(
  tx: Transaction,
  block: Pick<CardTestingBlock, 'merchantId' | 'id' | 'rule' | 'subject' | 'value'> & { figures: Figures; since: Date },
  hold: { firstS: number; factor: number; longestS: number },
): Promise<CardTestingBlock | null> {
  const { merchantId, id, rule, subject, value, figures, since } = block
  // One process after the other, so that two which notice at once make one block.
  await tx.query(`select pg_advisory_xact_lock(hashtextextended($1, 0))`, [`card testing ${merchantId}`])
  const { rows } = await tx.query<CardTestingBlock>(
    `insert into card_testing_blocks (merchant_id, id, rule, subject, value, figures, since, until)
     select $1, $2, $3, $4, $5, $6, $7::timestamptz, $7 + make_interval(secs => least($10::float, $8::float * power($9::float, (
       select least(count(*), 10) from card_testing_blocks
       where merchant_id = $1 and subject = $4 and value = $5 and since > $7 - interval '1 day' and lifted_at is null))))
     where not exists (
       select from card_testing_blocks
       where merchant_id = $1 and subject = $4 and value = $5 and until > $7 and lifted_at is null)
     returning ${columns}`,
    [merchantId, id, rule, subject, value, figures, since, hold.firstS, hold.factor, hold.longestS],
  )
  return rows[0] ?? null
}

/**
 * The newest first; of an address as it is written down, or of those in force at a time, when it is given. Indexes: the
 * primary key; with an address, card_testing_blocks_of_subject; with a time, card_testing_blocks_in_force.
 */
export async function listBlocks(
  db: Queryable,
  merchantId: string,
  wanted: { before: string | null; limit: number; address: string | null; inForceAt: Date | null },
): Promise<CardTestingBlock[]> {
  const { rows } = await db.query<CardTestingBlock>(
    `select ${columns} from card_testing_blocks
     where merchant_id = $1 and ($2::text is null or id < $2) and ($3::text is null or (subject = 'address' and value = $3))
       and ($4::timestamptz is null or (until > $4 and lifted_at is null))
     order by id desc limit $5`,
    [merchantId, wanted.before, wanted.address, wanted.inForceAt, wanted.limit],
  )
  return rows
}

/** Primary key. */
export async function lockBlock(tx: Transaction, merchantId: string, id: string): Promise<CardTestingBlock | null> {
  const { rows } = await tx.query<CardTestingBlock>(
    `select ${columns} from card_testing_blocks where merchant_id = $1 and id = $2 for update`,
    [merchantId, id],
  )
  return rows[0] ?? null
}

/** Ends a block that is locked. Primary key. */
export async function liftBlock(
  tx: Transaction,
  block: CardTestingBlock,
  by: { operator: string; reason: string; now: Date },
): Promise<CardTestingBlock> {
  const { rows } = await tx.query<CardTestingBlock>(
    `update card_testing_blocks set lifted_at = $3, lifted_by = $4, lift_reason = $5
     where merchant_id = $1 and id = $2 returning ${columns}`,
    [block.merchantId, block.id, by.now, by.operator, by.reason],
  )
  if (rows[0] === undefined) throw new Error('The block is gone')
  return rows[0]
}

/** Ends the block of a whole flow that holds now; null when none does. Index: card_testing_blocks_of_subject. */
export async function endFlowBlock(
  tx: Transaction,
  merchantId: string,
  flow: string,
  ended: { by: string; reason: string; now: Date },
): Promise<CardTestingBlock | null> {
  const { rows } = await tx.query<CardTestingBlock>(
    `update card_testing_blocks set lifted_at = $3, lifted_by = $4, lift_reason = $5
     where merchant_id = $1 and subject = 'flow' and value = $2 and until > $3 and lifted_at is null returning ${columns}`,
    [merchantId, flow, ended.now, ended.by, ended.reason],
  )
  return rows[0] ?? null
}
