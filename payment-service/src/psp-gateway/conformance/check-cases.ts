import assert from 'node:assert/strict'
import { checkCodes } from '../check-codes.ts'
import type { CheckFinding, Psp, PspAccount } from '../port.ts'
import { eur, type Steps, toText } from './steps.ts'
import { unreadableReplies } from './unreadable-replies.ts'

/** What the PSP is asked of an account's set-up. */
export function addCheckCases(psp: Psp, { authorize, bench, it, keep }: Steps): void {
  if (psp.checks === undefined) return
  const { checks } = psp
  const list = (account: PspAccount) =>
    checks.list(account, { webhookUrl: 'https://pay.example.com/v1/psp_webhooks/pspa_test', environment: 'sandbox' })
  const askAll = async (account: PspAccount): Promise<CheckFinding[]> => {
    const found = list(account).map(async (check) => {
      if (check.request === null) return check.findings
      const reply = await bench().send(check.request)
      assert('status' in reply, check.name)
      return check.read(reply)
    })
    return keep((await Promise.all(found)).flat())
  }
  const codesOf = (findings: CheckFinding[]) => findings.map(({ code }) => code)

  it('finds good credentials good, and a stranger’s refused', async () => {
    const own = codesOf(await askAll(bench().account))
    assert(own.includes('credentials_accepted') && own.includes('mode_fits'), own.join())
    const strangers = codesOf(await askAll(bench().strangersAccount))
    assert(strangers.includes('credentials_refused') && !strangers.includes('credentials_accepted'), strangers.join())
  })

  it('sees that the PSP sends its webhooks elsewhere, or says that it cannot be asked', async () => {
    const found = codesOf(await askAll(bench().account))
    const expected = ['webhook_endpoint_missing', 'webhook_endpoint_not_askable', 'permission_not_given'] as const
    assert(
      expected.some((code) => found.includes(code)),
      found.join(),
    )
    assert(!found.includes('webhook_endpoint_found'))
  })

  it('tells an account’s own payment from one that is not, and concludes nothing from what it cannot read', async () => {
    const { ownPayment } = checks
    if (ownPayment === undefined) return
    const { account, cards, strangersAccount, unknown } = bench()
    const ask = async (of: PspAccount, payment: string) => {
      const request = ownPayment.request(of, payment)
      return request && keep(ownPayment.read(payment, await bench().send(request)))
    }
    const { payment } = await authorize(cards.approves, eur(1_200n))
    assert.equal(await ask(account, payment), 'seen')
    assert.equal(await ask(strangersAccount, payment), 'not_seen')
    assert.equal(await ask(account, unknown.payment), 'not_seen')
    for (const reply of unreadableReplies)
      assert.equal(ownPayment.read(payment, reply), 'unknown', toText(reply).slice(0, 90))
  })

  it('says something of every part of the set-up, with or without asking', async () => {
    const topics = new Set((await askAll(bench().account)).map(({ code }) => checkCodes[code].about))
    const offered = ['credentials', 'mode', 'webhook', '3-D Secure', ...(psp.hostedSessions ? ['hosted page'] : [])]
    assert.deepEqual(
      offered.filter((topic) => ![...topics].some((one) => one === topic)),
      [],
    )
  })

  it('finds nothing good in a reply that it cannot read', () => {
    for (const check of list(bench().account)) {
      if (check.request === null) continue
      for (const reply of unreadableReplies) {
        if ('failure' in reply || reply.status >= 500) continue
        const found = keep(check.read(reply))
        assert(found.length > 0, `${check.name} says nothing`)
        for (const { code } of found)
          assert.notEqual(checkCodes[code].result, 'ok', `${code}: ${toText(reply).slice(0, 90)}`)
      }
    }
  })
}
