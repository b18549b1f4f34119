import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeCanary } from './card-traces.ts'
import { doorOf, knock, readRegisteredCertificate } from './relay-door.ts'
import { cardCharge, eventually, shareWorld, tokenCharge, type World } from './world.ts'

/** How the log is broken as the owner of the tables, and how it is mended. */
type Fault = { what: string; break: (world: World) => Promise<() => Promise<unknown>> }

const faults: Fault[] = [
  {
    what: 'the service may not add records',
    break: async ({ database }) => {
      await database.query('revoke insert on audit_records from fincore_app')
      return () => database.query('grant insert on audit_records to fincore_app')
    },
  },
  {
    what: 'somebody holds the table locked',
    break: async ({ database }) => {
      const locker = await database.connect()
      await locker.query('begin')
      await locker.query('lock table audit_records in access exclusive mode')
      return async () => {
        await locker.query('rollback')
        locker.release()
      }
    },
  },
]
/** Mends it also when the test fails before it comes to that: a lock that is held would keep the world from closing. */
function onceOnly(work: () => Promise<unknown>): () => Promise<unknown> {
  let done: Promise<unknown> | undefined
  return () => {
    done ??= work()
    return done
  }
}

const limitMs = 5_000
const code = 'audit_log_unavailable'

const shared = shareWorld()

describe('while the audit log cannot be written', () => {
  let world: World
  before(async () => {
    world = await shared.open()
  })
  after(() => shared.close())

  const chargeCard = () => world.relay(cardCharge(makeCanary(1)))
  const askToSend = () =>
    knock(doorOf(world), {
      bearer: world.fincore.dev.secret_key,
      certificate: readRegisteredCertificate(world),
      body: JSON.stringify(cardCharge(makeCanary(1))),
      how: 'expects_continue',
    })
  const createMerchant = () => {
    const { admin, operators } = world.fincore.dev
    const bearer = operators[0]?.token ?? ''
    return world.http.send('POST', `${admin}/admin/v1/merchants`, { bearer, json: { name: 'Not audited' } })
  }
  const count = async (sql: string) =>
    Number((await world.database.query(`select count(*) as n from ${sql}`)).rows[0].n)

  for (const { what, break: breakLog } of faults) {
    it(`because ${what}: no card is taken, everything else goes on, and afterwards cards are taken again`, async (t) => {
      assert.equal((await chargeCard()).status, 201)
      assert.equal((await askToSend()).invited, true)
      const token = await world.token(makeCanary(2))
      const recordsBefore = await count(`audit_records where type = 'raw_card.charge' and outcome = 'success'`)
      const mend = onceOnly(await breakLog(world))
      t.after(mend)
      const brokenAt = performance.now()
      let mendedAt = Number.POSITIVE_INFINITY
      // What waited for a lock until the log was mended, and was audited then, comes when the door is open again.
      const sinceBroken = () => (performance.now() > mendedAt ? 0 : performance.now() - brokenAt)
      const last = { taken: 0, invited: 0, otherCode: 0 }
      let wasRefused = false
      const asked: Promise<void>[] = []
      // Asked again and again without waiting: an answer may take as long as a statement waits for a lock.
      // Until it has been closed for a second.
      const closedFor = () => sinceBroken() - Math.max(last.taken, last.invited, last.otherCode)
      for (; sinceBroken() < limitMs + 500 && !(wasRefused && closedFor() > 1_000); await sleep(250)) {
        const startedAt = sinceBroken()
        asked.push(
          chargeCard().then(({ status, body }) => {
            if (status < 300) last.taken = Math.max(last.taken, sinceBroken())
            else if (body.code === code) wasRefused = true
            else last.otherCode = Math.max(last.otherCode, startedAt)
          }),
          askToSend().then(({ invited }) => {
            if (invited) last.invited = Math.max(last.invited, sinceBroken())
          }),
        )
      }
      const refused = await chargeCard()
      assert.deepEqual(
        [refused.status, refused.body.code, refused.headers['retry-after']],
        [503, code, '5'],
        refused.text,
      )
      const waiting = await askToSend()
      assert.deepEqual(waiting, { invited: false, status: 503, code, bodyBytesSent: 0 })
      // A charge with a token is not audited, and an operator's action is: it does not happen.
      const charged = await world.api('POST', '/v1/charges', tokenCharge(token))
      assert.deepEqual([charged.status, charged.body.status], [201, 'captured'], charged.text)
      const merchants = await count('merchants')
      const action = await createMerchant()
      assert.equal(action.status, 503, action.text)
      assert.equal(await count('merchants'), merchants)

      mendedAt = performance.now()
      await mend()
      await Promise.all(asked)
      const story =
        `last card taken after ${Math.round(last.taken)} ms, last body asked for after ${Math.round(last.invited)} ms, ` +
        `last request that was not told why after ${Math.round(last.otherCode)} ms`
      t.diagnostic(story)
      assert.ok(Math.max(last.taken, last.invited, last.otherCode) < limitMs, story)
      await eventually('cards to be taken again', async () => (await chargeCard()).status === 201, limitMs)
      t.diagnostic(`taken again ${Math.round(performance.now() - mendedAt)} ms after it was mended`)
      assert.equal((await createMerchant()).status, 201)

      // Nothing is lost: the outage, who was turned away, and the action that did not happen stand in the log now.
      await eventually('the outage and its refusals in the log', async () => {
        const { rows } = await world.database.query<{ type: string; outcome: string }>(
          `select distinct type, outcome from audit_records where at > now() - interval '1 minute'
             and (type in ('audit_log.outage') or details->>'code' = $1)`,
          [code],
        )
        const found = rows.map((row) => `${row.type} ${row.outcome}`).sort()
        return found.join() === 'audit_log.outage success,merchant.create refused,raw_card.admission refused'
      })
      // No charge without its record, and no record of a charge that there is not.
      const unaudited = await count(
        `charges c where flow = 'raw_card' and not exists (select from audit_records a where a.resource = c.id and a.type = 'raw_card.charge')`,
      )
      assert.equal(unaudited, 0)
      assert.ok((await count(`audit_records where type = 'raw_card.charge' and outcome = 'success'`)) > recordsBefore)
      await world.database.query(
        `delete from audit_records where type = 'audit_log.outage' or details->>'code' = '${code}'`,
      )
    })
  }
})
