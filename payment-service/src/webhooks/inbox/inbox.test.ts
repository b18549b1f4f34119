import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, afterEach, before, describe, it } from 'node:test'
import type { applyPspEvent, EventFate } from '../../flows/apply-psp-event.ts'
import { newId } from '../../ids.ts'
import type { PspEvent } from '../../psp-gateway/port.ts'
import { type ApiWorld, createApiWorld } from '../testing/api-world.ts'
import { until } from '../testing/webhook-world.ts'
import { startInbox } from './inbox.ts'
import { heldDelaySeconds, heldRetrySeconds } from './retry-schedule.ts'

const secret = 'whsec_sandbox_0123456789abcdef'
let world: ApiWorld
let account: string
let merchant: string
before(async () => {
  world = await createApiWorld()
  merchant = await world.addMerchant()
  account = await world.addPspAccount(merchant, { webhook_secret: secret })
})
after(() => world.close())

/** One that a failed test leaves running would take the next one's events, and keep this process for ever. */
const running: ReturnType<typeof startInbox>[] = []
function start(applyEvent: Parameters<typeof startInbox>[1]): ReturnType<typeof startInbox> {
  const inbox = startInbox(world.deps, applyEvent)
  running.push(inbox)
  return inbox
}
afterEach(async () => {
  await Promise.all(running.splice(0).map((inbox) => inbox.stop()))
})

function webhookBody(id: string): string {
  const payment = {
    object: 'payment',
    id: `pay_${id}`,
    reference: newId('attempt'),
    status: 'captured',
    amount: { value: 1999, currency: 'EUR' },
    captured: 1999,
    refunded: 0,
    checkout_session: null,
    decline: null,
    action: null,
    created: new Date().toISOString(),
    updated: new Date().toISOString(),
    card: { brand: 'visa', first6: '424242', last4: '4242', expiry_month: 12, expiry_year: 2030 },
  }
  return JSON.stringify({ id, type: 'payment.captured', created: new Date().toISOString(), data: { payment } })
}
async function post(body: string, options: { to?: string; key?: string; type?: string } = {}) {
  const seconds = Math.floor(Date.now() / 1000)
  const signature = createHmac('sha256', options.key ?? secret)
    .update(`${seconds}.`)
    .update(body)
    .digest('hex')
  const response = await world.app.inject({
    method: 'POST',
    url: `/v1/psp_webhooks/${options.to ?? account}`,
    headers: {
      'content-type': options.type ?? 'application/json',
      'sandbox-signature': `t=${seconds},v1=${signature}`,
    },
    payload: body,
  })
  return { status: response.statusCode, body: response.json() }
}
type Row = {
  event_id: string
  state: string
  tries: number
  note: string | null
  wait: number | null
  event: { about: object }
}
async function stored(id?: string): Promise<Row[]> {
  const { rows } = await world.pool.query<Row>(
    `select event_id, state, tries, note, event, extract(epoch from next_try_at - now())::float8 as wait
     from psp_events where $1::text is null or event_id = $1 order by received_at`,
    [id ?? null],
  )
  return rows
}
const makeDue = (id: string) => world.pool.query('update psp_events set next_try_at = now() where event_id = $1', [id])
const apply =
  (fate: (event: PspEvent) => EventFate | Promise<EventFate>): typeof applyPspEvent =>
  async (_deps, _merchant, _account, event) =>
    fate(event)

describe('the door for PSPs', { concurrency: false }, () => {
  it('stores a signed event once, however often it comes, whatever its content type', async () => {
    const body = webhookBody('wev_1')
    const answers = await Promise.all(
      ['application/json', 'text/plain', 'application/vnd.psp+json'].map((type) => post(body, { type })),
    )
    for (const answer of answers) assert.deepEqual(answer, { status: 200, body: { received: true } })
    const rows = await stored()
    assert.equal(rows.length, 1)
    assert.equal(rows[0]?.state, 'received')
    assert.ok(world.woken.inbox > 0)
    assert.doesNotMatch(JSON.stringify(rows[0]?.event), /checkout_session|"value"/, 'the event is stored in our words')
  })

  it('refuses what is forged or for no account, says no more, and audits a flood as one record', async () => {
    const answers = [
      await post(webhookBody('wev_2'), { key: 'guessed' }),
      await post('{"id":'),
      await post(webhookBody('wev_2'), { to: newId('pspAccount') }),
      await post(webhookBody('wev_2'), { to: 'nothing' }),
    ]
    assert.deepEqual(
      answers.map(({ status, body }) => [status, body.code]),
      [
        [400, 'parameter_invalid'],
        [400, 'parameter_invalid'],
        [404, 'resource_not_found'],
        [404, 'resource_not_found'],
      ],
    )
    assert.equal(answers[0]?.body.detail, answers[1]?.body.detail, 'the answer does not say what was wrong')
    for (let tries = 0; tries < 20; tries++) await post(webhookBody('wev_2'), { key: 'guessed' })
    assert.equal((await stored()).length, 1)
    await until('the refusals are audited', async () => {
      const { rows } = await world.pool.query(
        `select resource from audit_records where type = 'psp_webhook.refused' order by resource nulls last`,
      )
      return JSON.stringify(rows) === JSON.stringify([{ resource: account }, { resource: null }])
    })
  })

  it('takes no more than 256 KiB', async () => {
    assert.equal((await post(' '.repeat(262_145))).body.code, 'body_too_large')
  })
})

describe('the inbox', { concurrency: false }, () => {
  before(() => world.pool.query(`update psp_events set state = 'ignored', next_try_at = null`))

  it('applies an event once, with its money exact, and for the merchant whose account sent it', async () => {
    await post(webhookBody('wev_10'))
    const seen: unknown[][] = []
    const inbox = start(async (_deps, ...call) => {
      seen.push(call)
      return 'applied'
    })
    await until('applied', async () => (await stored('wev_10'))[0]?.state === 'applied')
    await post(webhookBody('wev_10'))
    inbox.wake()
    await inbox.stop()
    assert.equal(seen.length, 1)
    const [owner, sender, event] = seen[0] as [string, string, PspEvent]
    assert.deepEqual([owner, sender, event.id], [merchant, account, 'wev_10'])
    assert.ok(event.about.kind === 'attempt' && event.about.outcome.outcome === 'approved')
    assert.equal(event.about.outcome.captured, 1999n)
  })

  it('holds what matches nothing yet, tries it again, and applies it when it matches', async () => {
    await post(webhookBody('wev_11'))
    const triedWithinSeconds = 10
    let known = false
    const inbox = start(apply(() => (known ? 'applied' : 'held')))
    for (let tries = 0; !known; ) {
      let row: Row | undefined
      await until(`held again after ${tries} tries`, async () => {
        row = (await stored('wev_11'))[0]
        // While it is being tried its number is the new one already, and its wait is that of a try which never ends.
        return row?.state === 'held' && row.tries > tries && (row.wait ?? 0) < triedWithinSeconds
      })
      tries = row?.tries ?? 0
      const seconds = heldRetrySeconds[tries - 1] ?? 0
      // Seen a moment after it was written, and on a busy machine that moment is long; but never more than the schedule.
      const wait = row?.wait ?? 0
      assert.ok(wait <= seconds && wait > seconds - 3, `${wait} instead of ${seconds}`)
      known = tries >= 3
      await makeDue('wev_11')
      inbox.wake()
    }
    await until('applied', async () => (await stored('wev_11'))[0]?.state === 'applied')
    await inbox.stop()
    assert.equal(heldDelaySeconds(500), 3600, 'it goes on for ever')
  })

  it('keeps an event whose applying throws, with the error’s name and not its message', async () => {
    await post(webhookBody('wev_12'))
    let broken = true
    const inbox = start(
      apply(() => {
        if (broken) throw new TypeError('card 4242424242424242')
        return 'flagged'
      }),
    )
    await until('held', async () => (await stored('wev_12'))[0]?.state === 'held')
    assert.equal((await stored('wev_12'))[0]?.note, 'TypeError')
    broken = false
    await makeDue('wev_12')
    inbox.wake()
    await until('flagged', async () => (await stored('wev_12'))[0]?.state === 'flagged')
    const [row] = await stored('wev_12')
    assert.deepEqual([row?.note, row?.wait], [null, null])
    await inbox.stop()
  })

  it('applies again what an operator replays, and what a dead process had taken when its lease ends', async () => {
    await post(webhookBody('wev_13'))
    let fate: 'flagged' | 'applied' = 'flagged'
    const inbox = start(apply(() => fate))
    await until('flagged', async () => (await stored('wev_13'))[0]?.state === 'flagged')
    fate = 'applied'
    await world.pool.query(
      `update psp_events set state = 'received', tries = 0, next_try_at = now() where event_id = 'wev_13'`,
    )
    inbox.wake()
    await until('applied', async () => (await stored('wev_13'))[0]?.state === 'applied')
    await inbox.stop()
    await post(webhookBody('wev_14'))
    await world.pool.query(
      `update psp_events set tries = 1, next_try_at = now() + interval '400 milliseconds' where event_id = 'wev_14'`,
    )
    const successor = start(apply(() => 'applied'))
    await until('taken over', async () => (await stored('wev_14'))[0]?.state === 'applied')
    await successor.stop()
    assert.equal((await stored('wev_14'))[0]?.tries, 2)
  })

  it('applies every event of a burst exactly once, with two inboxes', async () => {
    await Promise.all(Array.from({ length: 60 }, (_, index) => post(webhookBody(`wev_burst_${index}`))))
    const seen: string[] = []
    const count = apply((event) => {
      seen.push(event.id)
      return 'ignored'
    })
    const inboxes = [start(count), start(count)]
    await until('all are done', async () => (await stored()).every((row) => row.state !== 'received'))
    await Promise.all(inboxes.map((inbox) => inbox.stop()))
    assert.equal(seen.length, 60)
    assert.equal(new Set(seen).size, 60)
  })

  it('lets a slow event take one place of six, and hold up no other', async () => {
    await post(webhookBody('wev_slow'))
    await Promise.all(Array.from({ length: 20 }, (_, index) => post(webhookBody(`wev_quick_${index}`))))
    let release = () => {}
    const slow = new Promise<void>((resolve) => {
      release = resolve
    })
    let [inFlight, most] = [0, 0]
    const inbox = start(
      apply(async (event): Promise<EventFate> => {
        most = Math.max(most, ++inFlight)
        if (event.id === 'wev_slow') await slow
        else await new Promise((resolve) => setTimeout(resolve, 10))
        inFlight--
        return 'applied'
      }),
    )
    await until('the quick ones are applied', async () =>
      (await stored()).every(({ event_id, state }) => !event_id.startsWith('wev_quick') || state === 'applied'),
    )
    assert.equal((await stored('wev_slow'))[0]?.state, 'received')
    assert.equal(most, 6)
    const stopped = inbox.stop()
    release()
    await stopped
    assert.equal((await stored('wev_slow'))[0]?.state, 'applied', 'stopping waited for it')
  })
})
