import assert from 'node:assert/strict'
import { X509Certificate } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Relay } from '@fincore/card-relay/server'
import { type CardDoorPair, shareCardDoorPair } from './card-door-pair.ts'
import { makeCanary } from './card-traces.ts'
import { type KeptConnection, keepConnection } from './kept-connection.ts'
import { callAdmin, changeGrant, endGrantYesterday, type MadeMerchant, makeMerchant } from './merchants.ts'
import { knock, type RelayDoor } from './relay-door.ts'
import { cardCharge } from './world.ts'

/** What a revocation may take to close the route. */
const boundMs = 5_000
const pauseMs = 150
const body = JSON.stringify(cardCharge(makeCanary(902)))
/** Where an admitted charge ends, since these merchants have no PSP. */
const admitted = 'psp_account_missing'

const shared = shareCardDoorPair()
let pair: CardDoorPair
let relay: Relay
let door: RelayDoor
before(async () => {
  pair = await shared.open()
  relay = await pair.startRelay()
  door = { relay: relay.url, ca: pair.authority.certificate }
  // As if every NOTIFY were lost: what holds then is how long anybody remembers.
  await setNotifying('disable')
})
after(async () => {
  await setNotifying('enable')
  await shared.close()
})

async function setNotifying(word: 'disable' | 'enable'): Promise<void> {
  await pair.database.query(`alter table api_keys ${word} trigger api_keys_changed`)
  await pair.database.query(`alter table raw_card_grants ${word} trigger raw_card_grants_changed`)
}

const closings: [what: string, code: string, close: (merchant: MadeMerchant) => Promise<unknown>][] = [
  [
    'the key is revoked',
    'raw_card_key_invalid',
    ({ id, keyId }) => callAdmin(pair, 'DELETE', `/merchants/${id}/api_keys/${keyId}`),
  ],
  ['the grant is suspended', 'raw_card_grant_suspended', (merchant) => changeGrant(pair, merchant, 'suspend')],
  ['the grant lapses', 'raw_card_grant_expired', (merchant) => endGrantYesterday(pair, merchant)],
  ['the grant is revoked', 'raw_card_grant_revoked', (merchant) => changeGrant(pair, merchant, 'revoke')],
]

describe('the door closes within 5 s of a change that nothing announces', { concurrency: closings.length }, () => {
  for (const [what, code, close] of closings) {
    it(`when ${what}, for new connections and inside one that is kept`, async (t) => {
      const merchant = await makeMerchant(pair)
      const kept = keep(merchant)
      t.after(() => kept.close())
      const connections = { admitted: new Set<number>(), firstRefused: 0 }
      // Whether a try is admitted. It may be refused only for what was done.
      const tries = {
        'a new connection': async () => {
          const { invited, code: answered } = await knock(door, {
            bearer: merchant.key,
            certificate: pair.registered,
            body,
            how: 'expects_continue',
          })
          if (!invited) assert.equal(answered, code)
          return invited
        },
        'the kept connection': async () => {
          const { code: answered, connection } = await kept.charge()
          if (answered === admitted) connections.admitted.add(connection)
          else assert.equal(answered, code)
          if (answered === code) connections.firstRefused ||= connection
          return answered === admitted
        },
      }
      for (const [name, attempt] of Object.entries(tries)) assert.ok(await attempt(), `${name} gets in before`)

      await close(merchant)
      const closedAt = performance.now()
      const told: string[] = []
      // A try counts by when it began: one that began past the bound was decided past it, however slow the machine is.
      const goOn = async (name: string, attempt: () => Promise<boolean>) => {
        let lastMs = 0
        for (let beganMs = 0; beganMs <= boundMs; await sleep(pauseMs)) {
          beganMs = performance.now() - closedAt
          if (await attempt()) lastMs = beganMs
        }
        told.push(`by ${name} ${Math.round(lastMs)} ms after it`)
        assert.ok(lastMs <= boundMs, `${name} got in ${lastMs} ms after it`)
      }
      await Promise.all(Object.entries(tries).map(([name, attempt]) => goOn(name, attempt)))
      t.diagnostic(`${what}: the last body was let in ${told.join(', ')}`)
      // All of them over one connection, until that was refused too.
      assert.deepEqual([...connections.admitted], [connections.firstRefused])
    })
  }
})

it('a certificate that runs out while its connection is kept is none any more', async (t) => {
  const kept = keep(await makeMerchant(pair))
  t.after(() => kept.close())
  const first = await kept.charge()
  assert.equal(first.code, admitted)
  const { validToDate } = new X509Certificate(pair.registered.certificate)
  t.mock.timers.enable({ apis: ['Date'], now: validToDate.getTime() + 1_000 })
  assert.deepEqual(await kept.charge(), { code: 'client_certificate_required', connection: first.connection })
})

function keep(merchant: MadeMerchant): KeptConnection {
  return keepConnection(door, { bearer: merchant.key, certificate: pair.registered, body })
}
