import { newId } from '../../ids.ts'
import { digestOf, newSecret } from '../../secrets.ts'
import { scopes } from '../../server/caller.ts'
import type { Queryable } from '../../store/pool.ts'

/** A key of a merchant as an operator would make it. @param allowed the scopes of a secret key; all but raw cards without it. */
export async function addKey(
  db: Queryable,
  merchantId: string,
  kind: 'secret' | 'publishable',
  allowed: readonly string[] = scopes.filter((scope) => scope !== 'charges:raw_card'),
): Promise<string> {
  const key = newSecret(kind === 'secret' ? 'sk_test_' : 'pk_test_')
  await db.query(
    `insert into api_keys (merchant_id, id, kind, digest, hint, publishable_key, scopes, created_by)
     values ($1, $2, $3, $4, 'key', $5, $6, 'test')`,
    [
      merchantId,
      newId('apiKey'),
      kind,
      digestOf(key),
      kind === 'secret' ? null : key,
      kind === 'secret' ? allowed : [],
    ],
  )
  return key
}
