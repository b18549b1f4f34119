import type { Database } from './database/database.ts'
import type { Ground } from './ground.ts'
import { pickService } from './processes.ts'
import { sign } from './psp.ts'
import type { Service } from './service.ts'

/** Somebody who knows the reference of a story's payment, and not the PSP's secret, may say that it was captured. */
export function mayForge(ground: Ground, world: { database: Database; services: readonly Service[] }, story: string) {
  const { clock, trace, fault } = ground
  const own = ground.choices.within(story)
  if (own.pick('attacker', { 'stays away': 94, 'forges a webhook': 6 }) === 'stays away') return
  const { charges, attempts } = world.database.tables
  clock.at(clock.now() + 30_000 * own.spread('attacks after'), async () => {
    const charge = [...charges].find((one) => one.description === story)
    const attempt = [...attempts].find((one) => one.charge_id === charge?.id)
    const service = pickService(world.services, own.spread('attacked'))
    if (attempt === undefined || service === undefined) return
    fault('forged webhook')
    trace(`attacker → FinCore   ${story}: forged payment.captured`)
    const value = Number(attempt.amount)
    const payment = {
      object: 'payment',
      id: 'pay_0',
      reference: attempt.id,
      status: 'captured',
      amount: { value, currency: 'EUR' },
      captured: value,
      checkout_session: null,
      decline: null,
      action: null,
    }
    const body = JSON.stringify({ id: 'wev_0', type: 'payment.captured', data: { payment } })
    await service.takeWebhook(attempt.psp_account_id, body, sign('guessed', Math.floor(clock.now() / 1000), body))
  })
}
