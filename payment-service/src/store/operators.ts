import { digestOf } from '../secrets.ts'
import { recordAudit } from './audit.ts'
import { inTransaction, type Pool } from './pool.ts'

/**
 * Makes the operators of the settings known, or gives them their new tokens; only the tokens' digests are stored. An
 * operator who is no longer listed stays: access is taken away by a new token for the name. Throws when two operators
 * have one token, because then nobody could say who of them acted.
 */
export async function upsertOperators(
  pool: Pool,
  operators: readonly { name: string; token: string }[],
): Promise<void> {
  if (new Set(operators.map(({ token }) => token)).size !== operators.length)
    throw new Error('Two operators have the same token')
  await inTransaction(pool, async (tx) => {
    for (const { name, token } of operators) {
      const { rowCount } = await tx.query(
        `insert into operators (name, token_digest) values ($1, $2)
         on conflict (name) do update set token_digest = excluded.token_digest
         where operators.token_digest <> excluded.token_digest`,
        [name, digestOf(token)],
      )
      if (rowCount === 0) continue
      await recordAudit(tx, {
        actorType: 'system',
        actor: 'settings',
        type: 'operator.set_token',
        outcome: 'success',
        origin: 'start',
        resource: name,
      })
    }
  })
}
